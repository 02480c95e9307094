"""What a portal is told: a pointer, never the thing itself. Whoever may read it asks, with a token."""

from __future__ import annotations

import json
from typing import Final, cast

from gateway import receipt
from gateway.notice import Notice
from gateway.receipt import shapes

_encoder: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def message(notice: Notice, *, sandbox: bool) -> bytes:
    """The body of a notice; the same bytes each time it is sent."""
    body: shapes.WebhookMessage = {
        "type": notice.topic.value,
        "timestamp": receipt.moment(notice.at),
        "data": {
            "submissionId": notice.submission,
            "state": cast("shapes.WebhookState", notice.state.value),
            "test": notice.test,
            "sandbox": sandbox,
            "links": receipt.links(notice.submission),
        },
    }
    return _encoder.encode(body).encode()


def trial(moment: str, *, sandbox: bool) -> bytes:
    """The body of a message that says nothing but that messages arrive."""
    return _encoder.encode({"type": "webhook.test", "timestamp": moment, "data": {"sandbox": sandbox}}).encode()
