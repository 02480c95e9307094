"""`gateway parked`: what waits for a human, and what the human decides."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Event
from gateway.submission import State, SubmissionId
from tests.gateway.cli.calling import Call, in_journal
from tests.gateway.drivers.journal_rig import accept, an_entry, park, state

ME = pwd.getpwuid(os.getuid()).pw_name


async def three(journal: SqlJournal) -> list[SubmissionId]:
    """Two parked because of a bug, one because nobody answered; and one in flight."""
    parked = [await park(journal, an_entry(), cause) for cause in ("adapter-bug", "unclear-no-answer", "adapter-bug")]
    await accept(journal, an_entry())
    return parked


def states(data: Path, submissions: Sequence[SubmissionId]) -> list[State]:
    async def look(journal: SqlJournal) -> list[State]:
        return [await state(journal, one) for one in submissions]

    return in_journal(data, look)


def last_event(data: Path, submission: SubmissionId) -> Event:
    async def look(journal: SqlJournal) -> Event:
        return (await journal.events(submission))[-1]

    return in_journal(data, look)


def test_the_list_shows_where_and_why(gateway: Call, tmp_path: Path) -> None:
    """Each parked one is there with destination and cause, the oldest first; one in flight is not."""
    parked = in_journal(tmp_path, three)

    listed = gateway("parked", "list", "--json", "--data", tmp_path).json

    assert [one["submissionId"] for one in listed] == parked
    assert {one["cause"] for one in listed} == {"adapter-bug", "unclear-no-answer"}
    shown = gateway("parked", "list", "--data", tmp_path).out
    assert all(one in shown for one in parked)


async def one_with_followers(journal: SqlJournal) -> list[SubmissionId]:
    """A parked one, and two of its case that wait behind it."""
    ids = [await park(journal, an_entry(case_key="AZ-1", message_uuid=None))]
    ids += await accept(journal, *(an_entry(case_key="AZ-1", message_uuid=None) for _ in range(2)))
    assert not await journal.hand_over()
    return ids


def test_the_list_says_who_waits_behind(gateway: Call, tmp_path: Path) -> None:
    """Later messages of the same case are shown with the one that holds them back, and in their own status."""
    first, second, third = in_journal(tmp_path, one_with_followers)

    [listed] = gateway("parked", "list", "--json", "--data", tmp_path).json

    assert listed["heldBack"] == [second, third]
    assert third in gateway("parked", "list", "--data", tmp_path).out
    assert f"Wartet, bis {second}" in gateway("status", third, "--data", tmp_path).out
    assert second in gateway("status", first, "--data", tmp_path).out


def test_a_cause_narrows_the_list(gateway: Call, tmp_path: Path) -> None:
    """`--cause` shows those with this cause only."""
    first, _, third = in_journal(tmp_path, three)

    listed = gateway("parked", "list", "--cause", "adapter-bug", "--json", "--data", tmp_path).json

    assert [one["submissionId"] for one in listed] == [first, third]


def test_a_retry_lets_it_go_on_its_way_again(gateway: Call, tmp_path: Path) -> None:
    """The named one is accepted again, by the user of this system unless said otherwise; the others stay parked."""
    parked = in_journal(tmp_path, three)

    heard = gateway("parked", "retry", parked[0], "--reason", "Adapter ist repariert", "--data", tmp_path)

    assert heard.code == 0
    assert states(tmp_path, parked) == [State.ACCEPTED, State.PARKED, State.PARKED]
    assert last_event(tmp_path, parked[0]).by == ME


def test_a_drop_ends_it_and_names_who_did(gateway: Call, tmp_path: Path) -> None:
    """The dropped ones are refused with the code of an operator's decision."""
    parked = in_journal(tmp_path, three)

    heard = gateway(
        "parked", "drop", *parked[:2], "--reason", "doppelt eingereicht", "--by", "leitstelle", "--data", tmp_path
    )

    assert heard.code == 0
    assert states(tmp_path, parked) == [State.REFUSED, State.REFUSED, State.PARKED]
    event = last_event(tmp_path, parked[0])
    assert (event.by, event.code) == ("leitstelle", "operator-dropped")


def test_all_with_one_cause_move_together(gateway: Call, tmp_path: Path) -> None:
    """`--all --cause` takes those with this cause and leaves the others."""
    parked = in_journal(tmp_path, three)

    gateway("parked", "retry", "--all", "--cause", "adapter-bug", "--reason", "repariert", "--data", tmp_path)

    assert states(tmp_path, parked) == [State.ACCEPTED, State.PARKED, State.ACCEPTED]


def test_one_that_cannot_be_moved_stops_none_of_the_others(gateway: Call, tmp_path: Path) -> None:
    """An unknown id is told and makes the exit code 1; the rest is done."""
    parked = in_journal(tmp_path, three)

    heard = gateway("parked", "retry", "unbekannt", parked[0], "--reason", "repariert", "--data", tmp_path)

    assert heard.code == 1
    assert "✗ unbekannt" in heard.err
    assert states(tmp_path, parked)[0] is State.ACCEPTED


@pytest.mark.parametrize(
    "choice",
    [[], ["--cause", "adapter-bug"], ["eine", "--all"], ["eine", "--cause", "adapter-bug"]],
    ids=["nothing", "a cause alone", "both", "an id and a cause"],
)
def test_an_unclear_choice_moves_nothing(choice: list[str], gateway: Call, tmp_path: Path) -> None:
    """Ids, or `--all`: neither or both is a slip, and nothing happens."""
    parked = in_journal(tmp_path, three)

    heard = gateway("parked", "drop", *choice, "--reason", "Versehen", "--data", tmp_path)

    assert heard.code == 2
    assert states(tmp_path, parked) == [State.PARKED] * 3


def test_a_reason_has_words(gateway: Call, tmp_path: Path) -> None:
    """An empty reason is none."""
    parked = in_journal(tmp_path, three)

    assert gateway("parked", "drop", *parked, "--reason", "  ", "--data", tmp_path).code == 2
    assert states(tmp_path, parked) == [State.PARKED] * 3


def test_no_parked_ones_is_good_news(gateway: Call, tmp_path: Path) -> None:
    """Nothing to list and nothing to retry is no failure."""
    in_journal(tmp_path, lambda journal: accept(journal, an_entry()))

    assert gateway("parked", "list", "--data", tmp_path).code == 0
    assert gateway("parked", "retry", "--all", "--reason", "vorsorglich", "--data", tmp_path).code == 0
