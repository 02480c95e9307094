"""The noun: identifiers, digests, grades, and what ties messages of one case together."""

import hashlib
import uuid
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.submission import Grade, Micros, Reading, State, content_digest, new_id
from gateway.testing import a_submission

moments = st.integers(0, 2**47 * 1000).map(Micros)


@given(moments)
def test_an_id_is_a_uuid_of_version_seven(now: Micros) -> None:
    """Version, variant and form are those of RFC 9562 §5.7: lower case, 36 characters."""
    id_ = new_id(now)

    parsed = uuid.UUID(id_)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert str(parsed) == id_
    assert len(id_) == 36


@given(moments)
def test_an_id_holds_its_moment(now: Micros) -> None:
    """The first 48 bits are the milliseconds since 1970."""
    assert uuid.UUID(new_id(now)).int >> 80 == now // 1000


@given(moments, moments)
def test_ids_sort_by_time(one: Micros, other: Micros) -> None:
    """A later millisecond gives a greater id, as text too."""
    if one // 1000 < other // 1000:
        assert new_id(one) < new_id(other)


def test_ids_of_one_moment_differ() -> None:
    """Ten thousand ids of the same microsecond are ten thousand ids."""
    assert len({new_id(Micros(0)) for _ in range(10_000)}) == 10_000


def test_a_document_alone_has_the_digest_of_its_bytes() -> None:
    """Anybody can compute it with a common tool."""
    assert content_digest(b"<a/>") == hashlib.sha256(b"<a/>").hexdigest()


@given(st.binary(), st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex)))
def test_the_order_of_attachments_does_not_matter(document: bytes, digests: list[str]) -> None:
    """The same files in another order are the same content."""
    assert content_digest(document, digests) == content_digest(document, reversed(digests))


@given(st.binary(), st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1), st.data())
def test_every_attachment_matters(document: bytes, digests: list[str], data: st.DataObject) -> None:
    """One file less is other content, and so is one that comes twice."""
    one = data.draw(st.sampled_from(digests))
    without = list(digests)
    without.remove(one)

    assert content_digest(document, digests) != content_digest(document, without)
    assert content_digest(document, digests) != content_digest(document, [*digests, one])


def test_a_document_cannot_pass_for_one_with_attachments() -> None:
    """What is hashed for a document with a file is not what is hashed for any document alone."""
    attachment = hashlib.sha256(b"file").hexdigest()
    forged = hashlib.sha256(b"<a/>").digest() + bytes.fromhex(attachment)

    assert content_digest(b"<a/>", [attachment]) == content_digest(forged), "only whoever finds such a document in XML"
    assert not forged.startswith(b"<")


@pytest.mark.parametrize(
    ("grade", "state"),
    [
        (Grade.TRANSPORT, State.DELIVERED),
        (Grade.TAKEN, State.CONFIRMED),
        (Grade.ANSWERED, State.CONFIRMED),
    ],
)
def test_a_grade_reaches_its_state(grade: Grade, state: State) -> None:
    """Handed to a transport is delivered; taken or answered by the Fachverfahren is confirmed."""
    assert grade.state is state


def test_grades_are_ordered_by_proof() -> None:
    """Each grade reaches itself and those below it."""
    assert [[grade.reaches(best) for best in Grade] for grade in Grade] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.mark.parametrize(
    ("case_id", "reference", "message", "key"),
    [
        ("fall-1", "r", "m", "fall-1"),
        (None, "r", "m", "r"),
        (None, None, "m", "m"),
        (None, None, None, None),
        ("", "", "m", "m"),
    ],
)
def test_messages_of_one_case_share_a_key(
    case_id: str | None, reference: str | None, message: str | None, key: str | None
) -> None:
    """The case id, else the message referred to, else the message itself, so that an answer finds the first."""
    reading = Reading(root="r", namespace="n", case_id=case_id, reference_uuid=reference, message_uuid=message)

    assert reading.case_key == key


def test_a_submission_does_not_change() -> None:
    """It is a value: what one part was told, another cannot alter."""
    with pytest.raises(FrozenInstanceError):
        a_submission().client = "portal-2"  # type: ignore[misc]  # that is the point
