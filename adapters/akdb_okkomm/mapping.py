"""From a submission to the words that OK.KOMM is addressed with; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.submission import Submission

SCENARIOS: Final[Mapping[str, str]] = {
    "wohnsitz": "Meldewesen",
    "fuehrerschein": "Fahrerlaubniswesen",
    "aufenthalt": "Ausländerwesen",
}
"""The field of business in words [A]; a server that expects others has the setting `scenario`."""


def scenario_of(submission: Submission) -> str:
    """The field of business that a submission belongs to."""
    return SCENARIOS.get(submission.service, submission.service)
