"""What every adapter must do, one rule per line, and how an adapter's `quality.toml` answers each of them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.errors import BadAdapter

ASKED: Final[Mapping[str, str]] = {
    "delivers-complete": "The document and every attachment arrive byte for byte.",
    "answers-in-time": "`deliver` ends within the manifest's time limit, and at once when it is cancelled.",
    "recognises-repetition": "The same submission id, delivered again or twice at the same time, is taken once.",
    "tells-the-truth-when-asked": "`ask` says `Delivered` of what is there, and `NotThere` of what certainly is not.",
    "admits-absence": "A Fachverfahren that is away is `Unreachable`: no exception, and no `Delivered`.",
    "leaves-nothing-half-done": "A delivery that breaks off leaves nothing that could be taken, and can be repeated.",
    "goes-where-it-is-told": "It delivers to the consignment's endpoint and nowhere else.",
    "keeps-to-its-manifest": "No outcome has a better grade than `best_grade`; `ask` exists if and only if `can_ask`.",
    "refuses-unknown-settings": "Unknown, missing and impossible endpoint settings are refused by name.",
    "speaks-in-codes": "`because` and `code` are short words of its own, never a vendor's text.",
    "keeps-silent": "Nothing from a document, a file's name or a vendor's answer gets into logs, events or codes.",
    "works-at-once": "Many deliveries at once do not get in each other's way.",
    "streams-attachments": "An attachment is never held whole in memory.",
    "survives-a-hostile-vendor": "Whatever the vendor's system does, the outcome is true and nothing is doubled.",
    "forgets-what-is-done": "Thousands of deliveries later it holds no more memory than before.",
    "gives-back-answers": "What the Fachverfahren answers is given whole, again until acknowledged, and no more then.",
    "ships-a-simulator": "A simulator plays the Fachverfahren: it can be away, and keeps a ledger of what it took.",
    "explains-itself": "`README.md` tells whoever installs it, in German, what to set up and what is assumed.",
}
"""Rules that `AdapterContract` asks about."""

REVIEWED: Final[Mapping[str, str]] = {
    "sees-only-the-contract": "It imports of `gateway` what the contract names, and no other adapter.",
    "invents-nothing": "README and manifest tell what a vendor has published from what was assumed.",
    "keeps-secrets": "Passwords and keys come from settings, and stand in no file, log or error.",
}
"""Rules that a reader has to judge, or the import contracts."""

RULE_OF: Final[dict[str, str]] = {}
"""Which rule each test of the suite asks about."""

Test = TypeVar("Test", bound=Callable[..., Any])


def asks(rule: str) -> Callable[[Test], Test]:
    """Ties a test to its rule, so that an exemption skips it and a rule nobody asks about is noticed."""

    def tie(test: Test) -> Test:
        RULE_OF[test.__name__] = rule
        return test

    return tie


def read_quality(file: Path | Traversable) -> Mapping[str, str]:
    """
    For each rule the reason why it does not apply, empty where it is kept.

    Raises:
        BadAdapter: a rule is missing or unknown, or an exemption has no reason.
    """
    answers = tomllib.loads(file.read_text("utf-8"))
    rules = {*ASKED, *REVIEWED}
    if odd := sorted(rules.symmetric_difference(answers)):
        listed = ", ".join(odd)
        raise BadAdapter(
            f"{file}: unbeantwortet oder unbekannt: {listed}.", f"{file}: unanswered or unknown: {listed}."
        )
    return {rule: _exemption(rule, answer, file) for rule, answer in answers.items()}


def _exemption(rule: str, answer: object, file: Path | Traversable) -> str:
    match answer:
        case "done":
            return ""
        case {"exempt": str(reason)} if reason.strip():
            return reason
        case _:
            raise BadAdapter(
                f'{file}: {rule} braucht "done" oder {{ exempt = "weil …" }}.',
                f'{file}: {rule} needs "done" or {{ exempt = "because …" }}.',
            )
