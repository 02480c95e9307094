"""
Cases: which messages belong together, and that they leave one after the other.

A message belongs to the case of the one it refers to, or to that of its case id, whichever way that case became known.
In its case it follows the one that was accepted last for the same destination. Most submissions follow nobody, and
cost nothing here.

Whoever refers to a message that has not come begins a case, and that message, when it comes, belongs to it. If it names
an older case as well, it belongs to that one, and so does what comes after it; what was accepted before is not put in
order afterwards.

A follower that is due before the one it follows has arrived or ended is set aside, and becomes due with that end. Who
sets aside holds the row of the one that is followed; who ends it holds the same row, so neither misses the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.sql import ColumnElement

from gateway.connection import CaseHome
from gateway.drivers.sql.steps import Ask, Do, Lock, Operation, Row, Statement, Steps, among, each, sized
from gateway.drivers.sql.tables import keys, submissions
from gateway.submission import Micros, State, Submission, SubmissionId

HOLDS: Final = frozenset({State.ACCEPTED, State.HANDED_OVER, State.PARKED})
"""In these states a submission holds those that follow it."""

_Lane = tuple[str, str, int, str]
"""a case at a destination: client, destination, test, case key"""

_home: Final = Statement(
    select(submissions.c.service, submissions.c.authority, submissions.c.connection)
    .join(keys, keys.c.submission == submissions.c.id)
    .where(keys.c.key == bindparam("key"), submissions.c.test == bindparam("lane"))
)


def hashed_key(client: str, key: str) -> str:
    """What is kept of a client's key: what it put into it is nobody's business."""
    return hashlib.sha256(f"{len(client)} {client} {key}".encode()).hexdigest()


# ── where a case is ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reference:
    """A message that refers to an earlier one of the same client."""

    client: str
    message_uuid: str
    """of the earlier one"""
    test: bool


def _case_home(reference: Reference) -> Steps[CaseHome | None]:
    key = hashed_key(reference.client, f"uuid:{reference.message_uuid.lower()}")
    rows = yield Ask(_home, {"key": key, "lane": int(reference.test)})
    return CaseHome(*rows[0]) if rows else None


CASE_HOME: Final[Operation[Reference, CaseHome | None]] = each("case_home", _case_home)


# ── which messages belong together ───────────────────────────────────────────────────────────────────────────────────

_placed = sized(
    lambda size: select(
        submissions.c.client, submissions.c.destination, submissions.c.test, submissions.c.case_key, submissions.c.id
    ).where(among(submissions.c.id, size))
)
_last: Final = Statement(
    select(submissions.c.id)
    .where(
        literal_column("submissions.follows IS NOT NULL"),
        submissions.c.case_key == bindparam("case"),
        submissions.c.client == bindparam("sender"),
        submissions.c.destination == bindparam("destination"),
        submissions.c.test == bindparam("lane"),
    )
    .order_by(submissions.c.sequence.desc())
    .limit(literal_column("1"))
)


@dataclass(frozen=True, slots=True)
class Names:
    """By what a submission and its case can be found; hashed."""

    leads: tuple[str, ...] = ()
    """where others of its case may be found, the best first"""
    own: tuple[str, ...] = ()
    """of its case, to be remembered where they lead nowhere yet"""
    uuid: tuple[str, ...] = ()
    """its own, under which `Entry.keys` remembers it"""
    mentioned: tuple[str, ...] = ()

    @classmethod
    def of(cls, submission: Submission) -> Names:
        client = submission.client

        def case(name: str) -> str:
            return hashed_key(client, f"case:{name}")

        def message(name: str) -> str:
            return hashed_key(client, f"uuid:{name.lower()}")

        own, reference, case_id = submission.message_uuid, submission.reference_uuid, submission.case_key
        if case_id in (own, reference):
            case_id = None
        referred = (message(reference), case(reference)) if reference else ()
        by_id = (case(case_id),) if case_id else ()
        itself = (case(own),) if own else ()
        return cls(
            leads=(*referred, *by_id, *itself),
            own=(*referred[1:], *by_id),
            uuid=(message(own),) if own else (),
            mentioned=(*referred[1:], *by_id, *itself),
        )


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties a submission to its case: the case's key, whom it follows there, and names that are new."""

    case_key: str | None
    follows: str | None = None
    """empty where the case has nobody else at this destination, None where nobody else is known of the case at all"""
    names: tuple[str, ...] = ()
    """hashed; whoever uses one of them belongs to the same case"""


def keep_apart(named: Iterable[Names]) -> Steps[None]:
    """Whoever records messages that name one another waits here for the other's end; begin with it."""
    if mentioned := {name for names in named for name in names.mentioned}:
        yield Lock(sorted(mentioned))


def tied(
    taken: Sequence[Submission], named: Sequence[Names], remembered: Mapping[str, str]
) -> Steps[dict[SubmissionId, Tie]]:
    """
    The ties of submissions that are accepted now, one after the other, and of which `named` are the names.

    `remembered` says which submission each of `Names.leads` leads to.
    """
    wanted = {name: remembered[name] for one in named for name in one.leads if name in remembered}
    known = yield from _members(wanted)
    cases: set[str] = set()
    last: dict[_Lane, str] = {}
    ties: dict[SubmissionId, Tie] = {}
    for submission, names in zip(taken, named, strict=True):
        found = next((known[name] for name in names.leads if name in known), None)
        lane = _lane(submission, found[-2] if found else submission.case_key)
        follows = None
        if found is not None:
            if lane[-1] not in cases:
                cases.add(lane[-1])
                yield Lock([hashed_key(submission.client, f"order:{lane[-1]}")])
            follows = last.get(lane) or (yield from _last_of(lane, found))
        fresh = tuple(name for name in names.own if name not in known)
        for name in (*names.leads, *names.own, *names.uuid):
            known.setdefault(name, (*lane, submission.id))
        last[lane] = submission.id
        ties[submission.id] = Tie(lane[-1] or None, follows, fresh)
    return ties


_Member = tuple[str, str, int, str, str]
"""its lane, and its id"""


def _members(named: Mapping[str, str]) -> Steps[dict[str, _Member]]:
    """The submissions of these ids, by the names that led to them."""
    if not named:
        return {}
    statement, values = _placed(sorted(set(named.values())))
    rows: Sequence[Row] = yield Ask(statement, values)
    there: dict[str, _Member] = {row[-1]: (row[0], row[1], row[2], row[3] or "", row[4]) for row in rows}
    return {name: there[id_] for name, id_ in named.items() if id_ in there}


def _lane(submission: Submission, case_key: str | None) -> _Lane:
    return submission.client, submission.destination, int(submission.test), case_key or ""


def _last_of(lane: _Lane, found: _Member) -> Steps[str]:
    """Who was accepted last of the case in this lane; empty where nobody was."""
    client, destination, test, case_key = lane
    rows: Sequence[Row] = yield Ask(
        _last, {"case": case_key, "sender": client, "destination": destination, "lane": test}
    )
    if rows:
        return str(rows[0][0])
    return found[-1] if found[:-1] == lane else ""


# ── who waits for whom ───────────────────────────────────────────────────────────────────────────────────────────────

_first = submissions.alias("first")
state_before = select(_first.c.state).where(_first.c.id == submissions.c.follows).scalar_subquery()
"""The state of the one it follows."""

_holding: ColumnElement[bool] = literal_column("submissions.state IN ('accepted', 'handed_over', 'parked')")
_set_aside: ColumnElement[bool] = literal_column("submissions.behind = 1")
_locked_holders = sized(
    lambda size: (
        select(submissions.c.id)
        .where(among(submissions.c.id, size), _holding)
        .order_by(submissions.c.id)
        .with_for_update(skip_locked=True)
    )
)
_put: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values({"due_at": bindparam("due"), "behind": bindparam("waits"), "version": submissions.c.version + 1})
)
_followers = sized(
    lambda size: (
        select(submissions.c.id)
        .where(_set_aside, among(submissions.c.follows, size))
        .order_by(submissions.c.id)
        # Nobody else has a reason to hold such a row. Should somebody all the same, the transaction begins again:
        # to wait here would be out of the order in which rows are locked.
        .with_for_update(nowait=True)
    )
)


def set_aside(followers: Mapping[str, str]) -> Steps[int]:
    """
    Set followers aside, each with the id of the one it follows; how many were.

    Whoever calls has locked the followers. Where the one that is followed is just being moved by somebody else, its
    follower stays due, and is looked at again.
    """
    if not followers:
        return 0
    statement, values = _locked_holders(sorted(set(followers.values())))
    rows: Sequence[Row] = yield Ask(statement, values)
    held = {row[0] for row in rows}
    waits = [follower for follower, first in followers.items() if first in held]
    if waits:
        yield Do(_put, [{"submission": follower, "due": None, "waits": 1} for follower in waits])
    return len(waits)


def go_on_after(ended: Sequence[str], now: Micros) -> Steps[None]:
    """Make due what was set aside behind these; whoever calls has locked and moved them."""
    if not ended:
        return
    statement, values = _followers(ended)
    rows: Sequence[Row] = yield Ask(statement, values)
    if rows:
        yield Do(_put, [{"submission": row[0], "due": now, "waits": 0} for row in rows])
