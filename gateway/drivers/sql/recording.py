"""Recording: what intake wants written down, and what came before under the same keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, Text, bindparam, exists, insert, literal_column, select
from sqlalchemy.dialects.postgresql import insert as insert_unless

from gateway.delivery import DAY
from gateway.drivers.sql.cases import Names, Tie, hashed_key, keep_apart, tied
from gateway.drivers.sql.rows import event_values, findings_text, insert_event, standing_from, standings
from gateway.drivers.sql.steps import Ask, Do, Now, Operation, Statement, Steps, Values, among, sized
from gateway.drivers.sql.tables import attachments, destinations, documents, keys, submissions
from gateway.journal import Conflicting, Entry, Recorded, Replayed
from gateway.submission import SECOND, Micros, State, SubmissionId

KEYS_KEPT: Final = Micros(int(180 * DAY) * SECOND)
"""How long a key recognises a repetition: far longer than any retry, an operator's included."""

_known_keys = sized(lambda size: select(keys.c.key, keys.c.submission, keys.c.digest).where(among(keys.c.key, size)))
_known_digests = sized(
    lambda size: select(submissions.c.client, submissions.c.digest).where(
        literal_column("submissions.message_uuid IS NULL"),
        among(submissions.c.digest, size),
        submissions.c.state != State.REJECTED,
    )
)
_first_answers = sized(lambda size: standings().where(among(submissions.c.id, size)))

_insert_submission: Final = Statement(
    insert(submissions).values({c.name: bindparam(c.name) for c in submissions.c if c.name != "sequence"})
)
_insert_document: Final = Statement(insert(documents).values({c.name: bindparam(c.name) for c in documents.c}))
_insert_attachment: Final = Statement(insert(attachments).values({c.name: bindparam(c.name) for c in attachments.c}))
_insert_key: Final = Statement(insert(keys).values({c.name: bindparam(c.name) for c in keys.c}))
_name: Final = bindparam("destination", type_=Text)
_test: Final = bindparam("lane", type_=BigInteger)
_insert_destination: Final = Statement(
    insert_unless(destinations)
    .from_select(
        ["name", "test", "failures"],
        # Asked for first: a conflict with a row that somebody is just changing would wait for them.
        select(_name, _test, literal_column("0")).where(
            ~exists(select(1).where(destinations.c.name == _name, destinations.c.test == _test))
        ),
    )
    .on_conflict_do_nothing()
)

Outcome = Recorded | Replayed | Conflicting
_Holder = tuple[str, str]
"""who came first under a key: id and digest of its content"""


def _record(entries: Sequence[Entry]) -> Steps[Sequence[Outcome]]:
    now: Micros = yield Now()
    names = {e.submission.id: Names.of(e.submission) for e in entries if e.state is State.ACCEPTED}
    yield from keep_apart(names.values())
    hashed = [_hashed(entry) for entry in entries]
    leads = (key for one in names.values() for key in one.leads)
    known = yield from _keys_known([*(key for own in hashed for key in own), *leads])
    remembered = {name: submission for name, (submission, _) in known.items()}
    seen = yield from _contents_seen([e.digest for e in entries if not e.keys and e.state is State.ACCEPTED])
    outcomes: list[Outcome | str] = []
    fresh: list[Entry] = []
    used: dict[str, _Holder] = {}
    for entry, own in zip(entries, hashed, strict=True):
        repeats = _repetition(entry, own, known)
        if repeats is None:
            content = (entry.submission.client, entry.digest)
            outcomes.append(Recorded(seen_before=content in seen and not entry.keys))
            fresh.append(entry)
            if entry.state is State.ACCEPTED:
                seen.add(content)
                used |= dict.fromkeys(own, (entry.submission.id, entry.digest))
        else:
            outcomes.append(repeats)
            if isinstance(repeats, str):
                used |= {key: (repeats, entry.digest) for key in own if key not in known}
        known |= used
    taken = [entry.submission for entry in fresh if entry.state is State.ACCEPTED]
    ties = yield from tied(taken, [names[one.id] for one in taken], remembered)
    used |= {key: (id_, "") for id_, tie in ties.items() for key in tie.names}
    yield from _keep_keys(used, now)
    yield from _store(fresh, ties, now)
    return (yield from _with_first_answers(outcomes))


RECORD: Final = Operation("record", _record, adds=True)


def _hashed(entry: Entry) -> tuple[str, ...]:
    client = entry.submission.client
    return tuple(hashed_key(client, key) for key in entry.keys)


def _keys_known(wanted: Sequence[str]) -> Steps[dict[str, _Holder]]:
    if not wanted:
        return {}
    statement, values = _known_keys(wanted)
    rows = yield Ask(statement, values)
    return {key: (submission, digest) for key, submission, digest in rows}


def _contents_seen(digests: Sequence[str]) -> Steps[set[tuple[str, str]]]:
    """Whose contents they are, among those that were accepted before: client and digest."""
    if not digests:
        return set()
    statement, values = _known_digests(digests)
    rows = yield Ask(statement, values)
    return {(client, digest) for client, digest in rows}


def _repetition(entry: Entry, own: tuple[str, ...], known: Mapping[str, _Holder]) -> str | Conflicting | None:
    """The id of the submission this one repeats, a conflict, or None where it is new."""
    repeats: str | None = None
    for key, hashed in zip(entry.keys, own, strict=True):
        if (found := known.get(hashed)) is not None:
            submission, digest = found
            if digest != entry.digest:
                return Conflicting("key" if key.startswith("key:") else "uuid")
            repeats = submission
    return repeats


def _store(fresh: Sequence[Entry], ties: Mapping[SubmissionId, Tie], now: Micros) -> Steps[None]:
    if not fresh:
        return
    yield Do(_insert_submission, [_submission_values(entry, ties.get(entry.submission.id), now) for entry in fresh])
    yield Do(
        insert_event,
        [event_values(e.submission, now, f"submission.{e.state}", None, e.state, code=_code(e)) for e in fresh],
    )
    if enclosed := [values for entry in fresh for values in _attachment_values(entry, now)]:
        yield Do(_insert_attachment, enclosed)
    if taken := [entry for entry in fresh if entry.state is State.ACCEPTED]:
        yield Do(_insert_document, [_document_values(entry, now) for entry in taken])
        lanes = sorted({(entry.submission.destination, int(entry.submission.test)) for entry in taken})
        yield Do(_insert_destination, [{"destination": name, "lane": test} for name, test in lanes])


def _keep_keys(used: Mapping[str, _Holder], now: Micros) -> Steps[None]:
    if used:
        expires_at = now + KEYS_KEPT
        yield Do(
            _insert_key,
            [
                {"key": key, "submission": submission, "digest": digest, "expires_at": expires_at}
                for key, (submission, digest) in sorted(used.items())
            ],
        )


def _with_first_answers(outcomes: Sequence[Outcome | str]) -> Steps[Sequence[Outcome]]:
    repeated = [outcome for outcome in outcomes if isinstance(outcome, str)]
    if not repeated:
        return [outcome for outcome in outcomes if not isinstance(outcome, str)]
    statement, values = _first_answers(repeated)
    rows = yield Ask(statement, values)
    first = {row[0]: standing_from(row) for row in rows}
    return [Replayed(first[outcome]) if isinstance(outcome, str) else outcome for outcome in outcomes]


def _code(entry: Entry) -> str:
    return entry.findings[0].code if entry.state is State.REJECTED and entry.findings else ""


def _submission_values(entry: Entry, tie: Tie | None, now: Micros) -> Values:
    row = entry.submission
    accepted = entry.state is State.ACCEPTED
    return {
        "id": row.id,
        "state": entry.state,
        "grade": None,
        "concluded_at": None,
        "version": 1,
        "received_at": row.received_at,
        "updated_at": now,
        "due_at": now if accepted else None,
        "client": row.client,
        "service": row.service,
        "leistung": row.leistung,
        "authority": row.authority,
        "connection": entry.connection,
        "destination": row.destination,
        "adapter": row.adapter,
        "test": int(row.test),
        "root": row.root,
        "standard": row.standard,
        "schema_version": row.version,
        "package_digest": entry.package_digest,
        "message_uuid": row.message_uuid,
        "reference_uuid": row.reference_uuid,
        "case_key": tie.case_key if tie else row.case_key,
        "case_id": row.case_id,
        "message_type": row.message_type,
        "message_created": row.created_at,
        "reader": row.reader,
        "author": row.author,
        "digest": entry.digest,
        "size": entry.size,
        "attachments": len(row.attachments),
        "findings": findings_text(entry.findings),
        "traceparent": row.traceparent,
        "attempt": 0,
        "tries": 0,
        "ask": 0,
        "cause": _code(entry),
        "handed_over_at": None,
        "confirmed_at": None,
        "follows": tie.follows if tie else None,
        "behind": 0,
    }


def _document_values(entry: Entry, now: Micros) -> Values:
    assert entry.document is not None
    return {
        "id": entry.submission.id,
        "submission": entry.submission.id,
        "kind": "application",
        "media_type": "application/xml",
        "size": entry.size,
        "content": entry.document,
        "stored_at": now,
        "expires_at": None,
        "data_key": None,
    }


def _attachment_values(entry: Entry, now: Micros) -> Sequence[Values]:
    return [
        {
            "id": one.id,
            "submission": entry.submission.id,
            "position": position,
            "name": one.name,
            "media_type": one.media_type,
            "size": one.size,
            "digest": one.digest,
            "stored_at": now,
            "expires_at": None,
            "data_key": None,
        }
        for position, one in enumerate(entry.submission.attachments)
        if entry.state is State.ACCEPTED
    ]
