"""Signatures: the reference library of Standard Webhooks believes ours, and so does our own `verify`; nothing else."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.webhooks.signing import PREFIX, new_secret, signed, verify, written

BODY = b'{"type":"submission.delivered","data":{"state":"delivered"}}'
OLD, NEW = new_secret(), new_secret()


def believed(secret: bytes, headers: dict[str, str], body: bytes = BODY) -> bool:
    """Whether the reference library and our own both believe it; they never disagree."""
    try:
        Webhook(written(secret)).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        theirs = False
    else:
        theirs = True
    ours = verify(written(secret), headers, body, time.time())
    assert ours == theirs
    return ours


def now() -> int:
    return int(time.time())


def headers(*keys: bytes, at: int | None = None, body: bytes = BODY) -> dict[str, str]:
    return signed("msg_1", now() if at is None else at, body, keys)


def test_the_reference_believes_what_is_signed_here() -> None:
    """Headers, content and signature are those of the standard."""
    assert set(headers(NEW)) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert believed(NEW, headers(NEW))


def test_a_secret_is_written_as_the_standard_wants() -> None:
    """`whsec_` and base64 of 24 to 64 bytes; each one is new."""
    assert written(NEW).startswith(PREFIX)
    assert 24 <= len(base64.b64decode(written(NEW).removeprefix(PREFIX))) <= 64
    assert OLD != NEW


def test_during_a_rotation_both_secrets_are_good() -> None:
    """With two signatures a portal that has the old secret believes it, and one that has the new one."""
    both = headers(NEW, OLD)

    assert both["webhook-signature"].count("v1,") == 2
    assert believed(NEW, both)
    assert believed(OLD, both)
    assert not believed(new_secret(), both)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_what_was_tampered_with_is_not_believed(header: str) -> None:
    """Another id, moment, signature or body, and no header at all: not ours."""
    good = headers(NEW)
    others = {"webhook-id": "msg_2", "webhook-timestamp": str(now() + 60), "webhook-signature": headers(OLD)[header]}

    assert not believed(NEW, {**good, header: others[header]})
    assert not believed(NEW, {name: value for name, value in good.items() if name != header})
    assert not believed(NEW, good, BODY.replace(b"delivered", b"refused"))


@pytest.mark.parametrize("seconds", [-301, 330, -86_400])
def test_an_old_message_is_not_believed(seconds: int) -> None:
    """More than five minutes from now, in either direction: somebody may be sending it again."""
    assert not believed(NEW, headers(NEW, at=now() + seconds))


@pytest.mark.parametrize("moment", ["", "jetzt", "-1", "١٢٣", "1e9", " 5"])
def test_a_moment_that_is_none(moment: str) -> None:
    """A timestamp is digits; anything else is not believed."""
    assert not verify(written(NEW), {**headers(NEW), "webhook-timestamp": moment}, BODY, time.time())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "kein Geheimnis"])
def test_a_secret_that_is_none(secret: str) -> None:
    """Without a secret nothing is believed, least of all what was signed with nothing."""
    empty = signed("msg_1", now(), BODY, [b""])

    assert not verify(secret, empty, BODY, time.time())


def test_names_of_headers_have_no_case() -> None:
    """Servers write them as they like."""
    assert verify(written(NEW), {name.title(): value for name, value in headers(NEW).items()}, BODY, time.time())


@given(body=st.binary(max_size=200), said=st.text(max_size=80))
def test_nothing_a_stranger_says_breaks_verify(body: bytes, said: str) -> None:
    """Whatever stands in the headers and the body, the answer is no, and never an exception."""
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert not verify(written(NEW), {**headers(OLD), name: said}, body, time.time())
