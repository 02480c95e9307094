"""The form in which letters and reports travel."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.dispatch import Letter, Report
from gateway.drivers.wire import NotUnderstood, read_letter, read_report, write_letter, write_report
from gateway.submission import Grade, SubmissionId
from tests.gateway.drivers.dispatch_rig import TRACE, a_letter, a_report

codes = st.text(max_size=200)
waits = st.none() | st.floats(min_value=0, allow_nan=False, allow_infinity=False)
endings: st.SearchStrategy[Ending] = st.one_of(
    st.builds(Delivered, st.just(""), st.sampled_from(Grade)),
    st.builds(Refused, codes),
    st.builds(Unreachable, codes, waits),
    st.builds(Unclear, codes),
    st.builds(Broken, codes, st.lists(codes, max_size=12).map(tuple)),
)
ids = st.uuids().map(lambda uuid: SubmissionId(str(uuid)))
counts = st.integers(min_value=0, max_value=2**31)


@given(st.builds(Letter, ids, counts, codes, st.just(TRACE)))
def test_every_letter_survives(letter: Letter) -> None:
    """Whatever letter is written is read as it was."""
    assert letter == read_letter(write_letter(letter), TRACE)


@given(st.builds(Report, ids, counts, codes, codes, codes, endings, st.just(TRACE)))
def test_every_report_survives(report: Report) -> None:
    """Whatever report is written is read as it was."""
    assert report == read_report(write_report(report), TRACE)


@given(st.binary() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_anything_else_is_not_understood(body: bytes) -> None:
    """Whatever is no letter is not understood, and nothing else is raised."""
    with pytest.raises(NotUnderstood):
        read_letter(body)
    with pytest.raises(NotUnderstood):
        read_report(body)


@given(
    st.sampled_from(["submission", "attempt", "key", "worker", "adapter", "ending", "version"]),
    st.none() | st.booleans() | st.floats() | st.lists(st.integers()) | st.text(min_size=201) | st.just({"how": "?"}),
)
def test_a_report_with_one_wrong_field_is_not_understood(field: str, value: object) -> None:
    """One field of the wrong kind makes a report unreadable, whichever it is."""
    body = json.dumps(json.loads(write_report(a_report())) | {field: value}).encode()

    with pytest.raises(NotUnderstood):
        read_report(body)


@pytest.mark.parametrize("field", ["submission", "attempt", "adapter", "version"])
def test_a_letter_with_a_field_missing_is_not_understood(field: str) -> None:
    """A letter needs all its fields."""
    fields = json.loads(write_letter(a_letter()))
    del fields[field]

    with pytest.raises(NotUnderstood) as caught:
        read_letter(json.dumps(fields).encode())
    assert caught.value.because == "unreadable"


def test_another_version_is_named_as_such() -> None:
    """A body of another version is told apart from one that is broken."""
    body = json.dumps(json.loads(write_letter(a_letter())) | {"version": 2}).encode()

    with pytest.raises(NotUnderstood) as caught:
        read_letter(body)
    assert caught.value.because == "unknown-version"


@pytest.mark.parametrize("trace", ["", None, b"00-ab", 7, "Erika Beispiel", TRACE.upper(), TRACE + "\n"])
def test_what_is_no_trace_is_left_out(trace: object) -> None:
    """A header that is no W3C trace context does not reach anybody's log."""
    assert read_letter(write_letter(a_letter()), trace).traceparent == ""


def test_an_attempt_is_a_number_of_its_own() -> None:
    """JSON's true is not the number one."""
    body = json.dumps(json.loads(write_letter(a_letter())) | {"attempt": True}).encode()

    with pytest.raises(NotUnderstood):
        read_letter(body)
