"""Claiming: of all who want an attempt, one gets it, with the document; the claim's row is the compare-and-set."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from sqlalchemy import bindparam, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.sql import ColumnElement

from gateway.dispatch import Letter
from gateway.drivers.sql.rows import (
    ATTACHMENT_COLUMNS,
    attachments_by_submission,
    submission_columns,
    submission_from,
)
from gateway.drivers.sql.steps import (
    Ask,
    Do,
    Now,
    Operation,
    Row,
    Statement,
    Steps,
    Values,
    among,
    sized,
)
from gateway.drivers.sql.tables import attachments, claims, destinations, documents, submissions, words
from gateway.journal import Claim, Lane, Limits, NoClaim
from gateway.site import Reach
from gateway.submission import SECOND, Micros, Submission, SubmissionId, storable


@dataclass(frozen=True, slots=True)
class Wish:
    """A worker would like to deliver a letter, for `lease` seconds."""

    letter: Letter
    worker: str
    lease: float
    reach: Reach | None = None
    """where a site asks: what it may have; it asks for the submission, whichever attempt that is"""


_on_the_way: ColumnElement[bool] = literal_column("submissions.state = 'handed_over'")
destination_paused: Final = (
    select(destinations.c.paused_at)
    .where(destinations.c.name == submissions.c.destination, destinations.c.test == submissions.c.test)
    .scalar_subquery()
)
"""Since when an operator lets nothing go to its destination; None where nobody does."""
_wanted = sized(
    lambda size: (
        select(
            *submission_columns(),
            submissions.c.connection,
            destination_paused,
            submissions.c.attempt,
            submissions.c.ask,
            documents.c.content,
        )
        .join(documents, documents.c.id == submissions.c.id)
        .where(_on_the_way, among(submissions.c.id, size))
    )
)
_wanted_at_a_site = sized(
    lambda size: select(
        *submission_columns(),
        submissions.c.connection,
        destination_paused,
        submissions.c.attempt,
        submissions.c.ask,
        literal_column("''"),
    ).where(_on_the_way, among(submissions.c.id, size))
)
_enclosed = sized(
    lambda size: (
        select(*ATTACHMENT_COLUMNS)
        .where(among(attachments.c.submission, size))
        .order_by(attachments.c.submission, attachments.c.position)
    )
)
lock_lane: Final = Statement(
    select(destinations.c.failures, destinations.c.open_until, destinations.c.probe)
    .where(destinations.c.name == bindparam("destination"), destinations.c.test == bindparam("test"))
    .with_for_update()
)
_busy: Final = Statement(
    select(func.count()).where(
        literal_column("claims.ended_at IS NULL"),
        claims.c.destination == bindparam("destination"),
        claims.c.test == bindparam("test"),
    )
)
insert_claim: Final = Statement(
    insert_unless(claims).values({c.name: bindparam(c.name) for c in claims.c}).on_conflict_do_nothing()
)
_holders = sized(lambda size: select(claims.c.key_hash).where(among(claims.c.submission, size)))


def hash_of(key: str) -> str:
    """What is stored of a claim's one-time key."""
    return hashlib.sha256(key.encode()).hexdigest()


Resting = Callable[[Micros], Collection[str]]
"""Names of the destinations that are in maintenance at a moment."""

Paused = Callable[[], Collection[str]]
"""Connections that wait."""


def never(_: Micros) -> Collection[str]:
    """Nobody is in maintenance."""
    return ()


@dataclass(frozen=True, slots=True)
class Standstill:
    """What nobody is given at a moment, although its letter is out."""

    resting: Collection[str]
    """destinations in maintenance"""
    paused: Collection[str]
    """connections that wait"""

    def of(
        self, submission: Submission, connection: str, destination_paused: int | None
    ) -> Literal["maintenance", "paused"] | None:
        """Why a letter stands still; None where it may be had. The pause of a connection holds no test."""
        if submission.destination in self.resting or destination_paused is not None:
            return "maintenance"
        return "paused" if connection in self.paused and not submission.test else None


def claim(
    limits: Callable[[Lane], Limits], resting: Resting = never, paused: Paused = tuple
) -> Operation[Wish, Claim | NoClaim]:
    """
    The operation for workers beside the gateway. Nothing is claimed for a destination that is `resting`, and nothing
    but tests for a connection that is `paused`.
    """
    return _claiming("claim", _wanted, limits, resting, paused)


def lease(
    limits: Callable[[Lane], Limits], resting: Resting = never, paused: Paused = tuple
) -> Operation[Wish, Claim | NoClaim]:
    """The operation for sites. It is the same claim; the document is fetched apart."""
    return _claiming("lease", _wanted_at_a_site, limits, resting, paused)


def _claiming(
    name: str,
    asked_for: Callable[[Sequence[str]], tuple[Statement, Values]],
    limits: Callable[[Lane], Limits],
    resting: Resting,
    paused: Paused,
) -> Operation[Wish, Claim | NoClaim]:
    def run(wishes: Sequence[Wish]) -> Steps[Sequence[Claim | NoClaim]]:
        now: Micros = yield Now()
        statement, values = asked_for([wish.letter.submission for wish in wishes])
        rows: Sequence[Row] = yield Ask(statement, values)
        there = {SubmissionId(row[0]): row for row in rows}
        still = Standstill(resting(now), frozenset(paused()))
        hopes = [_hope(wish, there.get(wish.letter.submission), now, still) for wish in wishes]
        hopes = yield from _within_concurrency(hopes, limits)
        wanted = [hope for hope in hopes if isinstance(hope, Claim)]
        if not wanted:
            return [hope for hope in hopes if isinstance(hope, NoClaim)]
        yield Do(
            insert_claim, [_claim_values(hope, now) for hope in sorted(wanted, key=lambda hope: hope.submission.id)]
        )
        won = yield from _won(wanted)
        results = [_settled(hope, won) for hope in hopes]
        return (yield from _with_attachments(results, there))

    return Operation(name, run)


def _hope(wish: Wish, row: Row | None, now: Micros, still: Standstill) -> Claim | NoClaim:
    """A letter that comes after its destination has gone to rest is void; unclaimed, it is sent again."""
    if row is None or (wish.reach is None and row[-3] != wish.letter.attempt):
        return NoClaim("moved-on")
    submission = submission_from(row)
    if wish.reach is not None and not wish.reach.covers(submission):
        return NoClaim("foreign")
    if because := still.of(submission, row[-5], row[-4]):
        return NoClaim(because)
    return Claim(
        submission=submission,
        attempt=row[-3],
        key=secrets.token_urlsafe(24),
        worker=wish.worker,
        until=Micros(now + int(wish.lease * SECOND)),
        ask=bool(row[-2]),
        document=bytes(row[-1]) if row[-1] else b"",
    )


def _within_concurrency(
    hopes: Sequence[Claim | NoClaim], limits: Callable[[Lane], Limits]
) -> Steps[list[Claim | NoClaim]]:
    """
    Make those wait that would exceed their destination's concurrency.

    Where the window is no wider than the concurrency, letters in flight already keep it, and nothing needs a lock.
    """
    room: dict[Lane, int] = {}
    for lane in in_order({_lane(hope) for hope in hopes if isinstance(hope, Claim)}):
        bound = limits(lane)
        if bound.window > bound.concurrency:
            values = {"destination": lane.destination, "test": int(lane.test)}
            yield Ask(lock_lane, values)
            busy: Sequence[Row] = yield Ask(_busy, values)
            room[lane] = bound.concurrency - busy[0][0]
    kept: list[Claim | NoClaim] = []
    for hope in hopes:
        if isinstance(hope, Claim) and (lane := _lane(hope)) in room:
            room[lane] -= 1
            kept.append(hope if room[lane] >= 0 else NoClaim("busy"))
        else:
            kept.append(hope)
    return kept


def in_order(lanes: Iterable[Lane]) -> list[Lane]:
    """Lanes in the order in which everybody locks them."""
    return sorted(lanes, key=lambda lane: (lane.destination, lane.test))


def _lane(hope: Claim) -> Lane:
    return Lane(hope.submission.destination, hope.submission.test)


def _won(wanted: Sequence[Claim]) -> Steps[set[str]]:
    statement, values = _holders([hope.submission.id for hope in wanted])
    rows: Sequence[Row] = yield Ask(statement, values)
    return {row[0] for row in rows}


def _settled(hope: Claim | NoClaim, won: set[str]) -> Claim | NoClaim:
    if isinstance(hope, Claim) and hash_of(hope.key) not in won:
        return NoClaim("taken")
    return hope


def _with_attachments(
    results: Sequence[Claim | NoClaim], there: dict[SubmissionId, Row]
) -> Steps[Sequence[Claim | NoClaim]]:
    ids = [
        one.submission.id
        for one in results
        if isinstance(one, Claim) and there[one.submission.id][len(submission_columns()) - 1]
    ]
    if not ids:
        return results
    statement, values = _enclosed(ids)
    found = attachments_by_submission((yield Ask(statement, values)))
    return [
        replace(one, submission=replace(one.submission, attachments=tuple(found.get(one.submission.id, ()))))
        if isinstance(one, Claim)
        else one
        for one in results
    ]


def _claim_values(hope: Claim, now: Micros) -> Values:
    return {
        "submission": hope.submission.id,
        "attempt": hope.attempt,
        "key_hash": hash_of(hope.key),
        "worker": hope.worker,
        "adapter": hope.submission.adapter,
        "destination": hope.submission.destination,
        "test": int(hope.submission.test),
        "claimed_at": now,
        "leased_until": hope.until,
        "ended_at": None,
        "outcome": "",
        "code": "",
    }


@dataclass(frozen=True, slots=True)
class Words:
    """What a vendor, or an operator, said in free text about an attempt."""

    submission: SubmissionId
    attempt: int
    said_by: str
    reference: str
    reason: str


_insert_words: Final = Statement(insert(words).values({c.name: bindparam(c.name) for c in words.c}))


def _words_values(said: Words, now: Micros) -> Values:
    return {
        "id": uuid.uuid4().hex,
        "submission": said.submission,
        "attempt": said.attempt,
        "said_by": said.said_by,
        "reference": storable(said.reference),
        "reason": storable(said.reason),
        "stored_at": now,
        "expires_at": None,
        "data_key": None,
    }


def keep_words(said: Sequence[Words]) -> Steps[Sequence[None]]:
    """Put free text into the document store."""
    now: Micros = yield Now()
    yield Do(_insert_words, [_words_values(one, now) for one in said])
    return [None for _ in said]


KEEP_WORDS: Final = Operation("keep_words", keep_words, durable=False, adds=True)
