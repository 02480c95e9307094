"""The life of a connection: which state may follow which, and what each step asks for."""

from dataclasses import replace
from itertools import product
from typing import Literal

import pytest

from gateway.connection import (
    PREFLIGHT_HOLDS,
    STEPS,
    Circumstances,
    Connection,
    ConnectionState,
    Look,
    Preflight,
    Seen,
    first_state,
    hindrance,
)
from gateway.errors import Sentence
from gateway.submission import SECOND, Micros

S = ConnectionState
NOW = Micros(1_793_350_800 * SECOND)
SAID = Sentence("gesagt", "said")
CONNECTION = Connection("bau", "09273", "kelheim-bau", S.ORDERED)
GOOD = Preflight(
    connection=CONNECTION.id,
    destination="kelheim-bau",
    at=Micros(NOW - 3_600 * SECOND),
    by="b.beispiel",
    adapter="filedrop",
    adapter_version="1.0",
    schemas=("AG-Bau 1.0",),
    seen=tuple(Seen(look, good=True, said=SAID) for look in Look),
)
FOLLOWS = {
    S.ORDERED: {S.CONFIGURED, S.RETIRED},
    S.CONFIGURED: {S.TESTED, S.RETIRED},
    S.TESTED: {S.LIVE, S.CONFIGURED, S.RETIRED},
    S.LIVE: {S.PAUSED, S.RETIRED},
    S.PAUSED: {S.LIVE, S.RETIRED},
    S.RETIRED: {S.ORDERED},
}


def given(
    preflight: Preflight | None = GOOD,
    *,
    kind: Literal["sandbox", "production"] = "production",
    assumed: bool = False,
) -> Circumstances:
    return Circumstances(kind=kind, now=NOW, assumed=assumed, preflight=preflight)


def why(before: S, to: S, circumstances: Circumstances | None = None) -> str | None:
    """Why a connection in this state may not take this step; None where it may."""
    found = hindrance(replace(CONNECTION, state=before), to, circumstances or given())
    return found.de if found else None


@pytest.mark.parametrize("before, to", list(product(S, S)))
def test_only_these_states_follow_one_another(before: S, to: S) -> None:
    """Every pair: those of the life are possible with everything in order, and no others, whatever is in order."""
    assert (why(before, to) is None) == (to in FOLLOWS[before])
    assert STEPS[before] == FOLLOWS[before]


def test_a_refusal_says_what_is_possible() -> None:
    """From ordered straight to live; or to where it is already."""
    assert why(S.ORDERED, S.LIVE) == (
        "Auf „bestellt“ folgt nicht „in Betrieb“. Möglich ist: eingerichtet, außer Betrieb."
    )
    assert why(S.LIVE, S.LIVE) == "Sie ist „in Betrieb“ und bleibt es. Möglich ist: angehalten, außer Betrieb."


def test_to_be_set_up_it_needs_a_destination() -> None:
    """Without one there is nothing to set up."""
    bare = replace(CONNECTION, destination="")

    assert hindrance(bare, S.CONFIGURED, given()) is not None
    assert hindrance(bare, S.RETIRED, given()) is None


@pytest.mark.parametrize("before, to", [(S.CONFIGURED, S.TESTED), (S.TESTED, S.LIVE)])
@pytest.mark.parametrize(
    "preflight, word",
    [
        (None, "keine Vorprüfung"),
        (replace(GOOD, destination="anderswo"), "keine Vorprüfung"),
        (replace(GOOD, at=Micros(NOW - PREFLIGHT_HOLDS - 1)), "älter als sieben Tage"),
        (replace(GOOD, seen=(Seen(Look.ENDPOINT, good=False, said=SAID),)), "nicht gut: Erreichbarkeit: gesagt"),
        (replace(GOOD, seen=()), "nicht gut"),
    ],
)
def test_to_be_tested_and_to_go_live_it_needs_a_good_preflight(
    before: S, to: S, preflight: Preflight | None, word: str
) -> None:
    """Of this destination, of this week, and good in every look that could be taken."""
    assert word in (why(before, to, given(preflight)) or "")


def test_what_cannot_be_looked_at_is_in_nobodys_way() -> None:
    """A folder has no certificate."""
    seen = (*GOOD.seen[:3], Seen(Look.CERTIFICATE, None, SAID), *GOOD.seen[4:])

    assert why(S.TESTED, S.LIVE, given(replace(GOOD, seen=seen))) is None


@pytest.mark.parametrize("before", [S.TESTED, S.PAUSED])
def test_an_assumed_interface_does_not_go_live_in_production(before: S) -> None:
    """Neither for the first time nor again; in a sandbox it may."""
    assert "nur angenommen" in (why(before, S.LIVE, given(assumed=True)) or "")
    assert why(before, S.LIVE, given(assumed=True, kind="sandbox")) is None


@pytest.mark.parametrize("state", S)
def test_what_is_taken_depends_on_the_state(state: S) -> None:
    """Anträge by live and paused ones; a test message from configured on, and not when it is retired."""
    assert state.open == state.takes(test=False) == (state in {S.LIVE, S.PAUSED})
    assert state.takes(test=True) == (state in {S.CONFIGURED, S.TESTED, S.LIVE, S.PAUSED})


@pytest.mark.parametrize("state", S)
def test_production_earns_every_state(state: S) -> None:
    """A sandbox begins where a list says, production with ordered; what was retired begins as that."""
    assert first_state(state, "sandbox") is state
    assert first_state(state, "production") is (S.RETIRED if state is S.RETIRED else S.ORDERED)
