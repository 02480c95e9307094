"""Where a submission can go from where it stands; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.submission import State

TRANSITIONS: Final[Mapping[State | None, frozenset[State]]] = {
    None: frozenset({State.REJECTED, State.ACCEPTED}),
    State.ACCEPTED: frozenset({State.HANDED_OVER, State.CONFIRMED, State.REFUSED, State.EXPIRED}),
    State.HANDED_OVER: frozenset(
        {State.ACCEPTED, State.DELIVERED, State.CONFIRMED, State.REFUSED, State.PARKED, State.EXPIRED}
    ),
    State.DELIVERED: frozenset({State.CONFIRMED, State.REFUSED}),
    State.CONFIRMED: frozenset({State.REFUSED}),
    State.PARKED: frozenset({State.ACCEPTED, State.CONFIRMED, State.REFUSED}),
    State.REFUSED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
}
"""
Which state may follow which; `None` is "not yet there".

A refusal after `confirmed` is a Rückweisung that came late; `parked` → `refused` is an operator dropping it, or a
Rückweisung. What waits for a retry or for a human and is answered by the authority has arrived: `confirmed`, `refused`.
"""


def transition_table() -> str:
    """`TRANSITIONS` as a Markdown table: a row for each state before, a column for each state after."""
    head = ["", *(f"`{after}`" for after in State)]
    rows = [
        [f"`{before}`" if before else "not yet there", *("●" if after in follow else "" for after in State)]
        for before, follow in TRANSITIONS.items()
    ]
    lines = (head, [":---", *(":---:" for _ in State)], *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
