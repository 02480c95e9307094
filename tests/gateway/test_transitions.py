"""The table of transitions, and the page that prints it."""

from collections.abc import Iterator

from gateway.submission import State
from gateway.transitions import TRANSITIONS, transition_table
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "transitions.md"


def test_the_page_prints_the_table() -> None:
    """What `docs/transitions.md` shows is what the code allows, to the character."""
    assert transition_table() in PAGE.read_text(encoding="utf-8")


def test_every_state_is_explained() -> None:
    """Each state has a line of its own on the page, with the German word that people are shown."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()

    for state in State:
        assert any(line.startswith(f"| `{state}` |") for line in lines)


def test_every_transition_is_explained() -> None:
    """Each move that the table allows is described on the page, and no other."""
    described = {
        tuple(part.strip(" `") for part in line.split("|")[1].split("→"))
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and "→" in line.split("|")[1]
    }

    allowed = {(str(before or ""), str(after)) for before, many in TRANSITIONS.items() for after in many}
    assert described == allowed


def test_every_state_has_a_line() -> None:
    """Nothing that can be is missing from the table."""
    assert set(TRANSITIONS) == {None, *State}


def test_every_state_can_be_reached() -> None:
    """There is a way from the door to each state."""
    assert set(_reached(None)) == set(State)


def test_whatever_is_under_way_can_still_end() -> None:
    """From every state that is not an end there is a way to one."""
    ends = {state for state, follow in TRANSITIONS.items() if not follow}

    assert ends == {State.REJECTED, State.REFUSED, State.EXPIRED}
    assert all(ends & set(_reached(state)) for state in set(TRANSITIONS) - ends)


def _reached(start: State | None) -> Iterator[State]:
    seen: set[State] = set()
    waiting = set(TRANSITIONS[start])
    while waiting:
        state = waiting.pop()
        seen.add(state)
        waiting |= TRANSITIONS[state] - seen
    yield from seen
