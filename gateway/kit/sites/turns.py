"""
The turns that are played, in this order; each puts letters at the door, meets the client as told, and rules.

What a turn cannot see for itself, because the client did not get that far, it leaves out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import Sentence
from gateway.kit.sites.front import Move, compact
from gateway.kit.sites.record import Asked
from gateway.kit.sites.rules import Ruling, broken, kept, untried
from gateway.kit.sites.stage import PLAN, Stage
from gateway.receipt.answers import PROBLEM
from gateway.submission import SubmissionId
from gateway.testing.web import Reply

SLACK: Final = 0.2
"""seconds by which clocks of two processes and the way between them may differ"""
_LONG: Final = 7_200.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take."""

    patience: float = 60.0
    """seconds that a client gets to bring a letter to its end"""
    lease: float = 4.0
    """seconds of a lease that is too short"""
    again: int = 2
    """seconds that Retry-After names"""
    shut: float = 12.0
    """seconds for which the token is not valid"""


@dataclass(frozen=True, slots=True)
class Play:
    """What a turn has: the stage, how long it may take, and where the client's Fachverfahren keeps its books."""

    stage: Stage
    pace: Pace
    booked: Path | None = None

    async def ends(self, *letters: SubmissionId) -> bool:
        """Whether each letter comes to its end in time."""
        record = self.stage.record
        return await record.until(lambda: all(record.ended(one) for one in letters), self.pace.patience)

    def waited(self, letter: SubmissionId) -> Sentence:
        """How far a letter came that did not come to its end."""
        leased = len(self.stage.record.leases(letter))
        seconds = f"{self.pace.patience:g}"
        return Sentence(
            f"In {seconds} s kam kein Ausgang, der zählt; der Brief wurde {leased}-mal geholt.",
            f"No outcome that counts came within {seconds} s; the letter was leased {leased} times.",
        )


Turn = Callable[[Play], Awaitable[list[Ruling]]]


async def arrival(play: Play) -> list[Ruling]:
    """One letter, and nothing goes wrong."""
    letter = await play.stage.put()
    if not await play.ends(letter):
        return [_late("reports-after-fetching", play, letter)]
    return list(_after_fetching(play, letter))


async def unknown_fields(play: Play) -> list[Ruling]:
    """A gateway that is newer than the client."""
    letter = await play.stage.put()
    for call in ("list", "lease", "outcome"):
        play.stage.front.always[call] = Move(change=_with_unknown)
    if not await play.ends(letter):
        return [_late("passes-over-unknown", play, letter)]
    return [
        kept(
            "passes-over-unknown",
            f"Brief {letter} mit Zusatzfeldern zugestellt",
            f"letter {letter}, with further fields, delivered",
        )
    ]


async def cut_off(play: Play) -> list[Ruling]:
    """The line breaks in the middle of an attachment."""
    stage, rule = play.stage, "completes-what-was-cut"
    letter = await stage.put(meeting={"attachment": Move(most=len(PLAN) // 2)})
    ended = await play.ends(letter)
    pieces = stage.record.of(letter, "attachment")
    if not pieces:
        return [_never(rule), _never("goes-on-with-ranges")]
    if not ended:
        return [_late(rule, play, letter)]
    ranged = sum(one.ranged and one.given[0] > 0 for one in pieces[1:])
    advised = (
        kept("goes-on-with-ranges", f"{ranged}-mal mit Range fortgesetzt", f"went on with Range {ranged} times")
        if ranged
        else broken("goes-on-with-ranges", "nicht mit Range fortgesetzt", "did not go on with Range")
    )
    outcome = _ended(stage, letter)
    if outcome.outcome == "delivered" and not stage.record.fetched(letter, outcome):
        got, of = pieces[0].given[1], pieces[0].of
        said = f"delivered nach {got} von {of} Byte ({letter})", f"delivered after {got} of {of} bytes ({letter})"
        return [broken(rule, *said), advised]
    number = len(pieces)
    said = f"nach dem Abriss vollständig, in {number} Anfragen", f"complete after the break, in {number} requests"
    return [kept(rule, *said), advised]


async def damaged(play: Play) -> list[Ruling]:
    """One byte of an attachment is another one than the authority should get."""
    stage, rule = play.stage, "checks-digests"
    letter = await stage.put(meeting={"attachment": Move(change=_with_a_wrong_byte)})
    ended = await play.ends(letter)
    pieces = stage.record.of(letter, "attachment")
    if not pieces or not ended:
        return [_never(rule)]
    again = [one for one in pieces[1:] if one.path == pieces[0].path and one.status < 300]
    if not again and _ended(stage, letter).outcome == "delivered":
        return [
            broken(rule, f"mit einem falschen Byte zugestellt ({letter})", f"delivered with a wrong byte ({letter})")
        ]
    return [kept(rule, "die verfälschte Anlage wurde nicht zugestellt", "the damaged attachment was not delivered")]


async def taken(play: Play) -> list[Ruling]:
    """Somebody else was quicker, so it seems; the next letter waits."""
    stage, rule = play.stage, "lets-taken-letters-go"
    first = await stage.put(meeting={"lease": _refusing(409, "letter-taken")})
    second = await stage.put()
    await play.ends(first, second)
    missed = [one for one in (first, second) if not stage.record.ended(one)]
    if missed:
        return [_late(rule, play, missed[0])]
    return [
        kept(
            rule,
            "nach 409 letter-taken ging es mit dem nächsten weiter",
            "after 409 letter-taken the next one followed",
        )
    ]


async def lost_answer(play: Play) -> list[Ruling]:
    """The gateway counts an outcome, and nobody hears of it."""
    stage, rule = play.stage, "repeats-lost-outcomes"
    letter = await stage.put(meeting={"outcome": Move(lost=True)})
    found = await stage.record.until(lambda: len(stage.record.of(letter, "outcome")) > 1, play.pace.patience)
    said = stage.record.of(letter, "outcome")
    if not said:
        return [_late(rule, play, letter)]
    if not found:
        return [
            broken(
                rule,
                f"{said[0].outcome} wurde nach dem Abriss nicht wiederholt ({letter})",
                f"{said[0].outcome} was not sent again after the break ({letter})",
            )
        ]
    await play.ends(letter)
    again = said[1]
    if (again.said, again.key) != (said[0].said, said[0].key):
        return [
            broken(
                rule,
                f"nach dem Abriss anderes gemeldet ({again.outcome})",
                f"something else was reported after the break ({again.outcome})",
            )
        ]
    after = again.at - said[0].told_at
    return [kept(rule, f"unverändert wiederholt nach {after:.1f} s", f"sent again unchanged after {after:.1f} s")]


async def too_late(play: Play) -> list[Ruling]:
    """The lease has ended when the outcome arrives; the letter comes again, with the question whether it is there."""
    stage = play.stage

    async def pass_by() -> None:
        await stage.later(_LONG)

    letter = await stage.put(meeting={"outcome": Move(first=pass_by)})
    ended = await play.ends(letter)
    said = stage.record.of(letter, "outcome")
    if not said or said[0].status != 409:
        return [_never("lets-lost-leases-go"), _never("recognises-repetition")]
    dead = [one for one in said[1:] if one.key == said[0].key]
    if len(dead) > 1:
        lost = broken(
            "lets-lost-leases-go",
            f"nach 409 lease-over noch {len(dead)}-mal mit demselben Schlüssel",
            f"{len(dead)} more times with the same key after 409 lease-over",
        )
    elif not ended:
        lost = _late("lets-lost-leases-go", play, letter)
    else:
        lost = kept(
            "lets-lost-leases-go",
            f"danach neu geholt, {_ended(stage, letter).outcome}",
            f"leased again afterwards, {_ended(stage, letter).outcome}",
        )
    return [lost, _recognised(play, letter, ended=ended)]


def _recognised(play: Play, letter: SubmissionId, *, ended: bool) -> Ruling:
    """What is known of the second delivery of a letter."""
    rule, record = "recognises-repetition", play.stage.record
    if not ended:
        return _never(rule)
    outcome = _ended(play.stage, letter)
    if outcome.outcome != "delivered":
        return broken(
            rule,
            f"beim zweiten Mal {outcome.outcome} statt delivered",
            f"{outcome.outcome} instead of delivered the second time",
        )
    if play.booked is not None:
        times = booked(play.booked, letter)
        if times != 1:
            return broken(rule, f"steht {times}-mal im Bestand ({letter})", f"is {times} times in the books ({letter})")
        return kept(rule, f"steht einmal im Bestand ({letter})", f"is in the books once ({letter})")
    again = [one for one in record.of(letter, "document") if one.at > record.leases(letter)[-1].at]
    if again:
        return untried(
            rule,
            f"Zweimal geholt und zweimal zugestellt gemeldet; ob {letter} im Fachverfahren nur einmal steht, zeigt "
            "dessen Bestand (--booked).",
            f"Fetched twice and reported as delivered twice; only the books of the Fachverfahren show whether {letter} "
            "is there once (--booked).",
        )
    return kept(rule, "ohne neues Holen als zugestellt gemeldet", "reported as delivered without being fetched again")


async def busy(play: Play) -> list[Ruling]:
    """The gateway asks to be left alone for a moment: at the list, at a lease, at an outcome."""
    stage = play.stage
    before = len(stage.record.asked)
    away = _refusing(503, "journal-unavailable", play.pace.again)
    stage.front.next("list", away)
    letter = await stage.put(meeting={"lease": _refusing(429, "too-many-requests", play.pace.again), "outcome": away})
    ended = await play.ends(letter)

    def refusals() -> list[Asked]:
        return [one for one in stage.record.asked[before:] if one.retry_after is not None]

    def listed_again() -> bool:
        return any(one.call == "list" and next(stage.record.repeats(one), None) for one in refusals())

    if ended:
        await stage.record.until(listed_again, min(play.pace.patience, 5.0 * play.pace.again))
    refused = refusals()
    rulings = list(_waited(stage, refused))
    if not ended:
        rulings.append(_late("waits-as-told", play, letter))
    return rulings


def _waited(stage: Stage, refused: Sequence[Asked]) -> Iterator[Ruling]:
    rule = "waits-as-told"
    for one in refused:
        wait = one.retry_after or 0.0
        after = next(stage.record.repeats(one), None)
        if after is None:
            if one.call != "list":
                yield broken(
                    rule,
                    f"{one.call}: nach {one.status} nicht wiederholt",
                    f"{one.call}: not repeated after {one.status}",
                )
        elif after.at < one.told_at + wait - SLACK:
            seconds = after.at - one.told_at
            yield broken(
                rule,
                f"{one.call}: nach {one.status} schon nach {seconds:.1f} s statt {wait:g} s",
                f"{one.call}: after {one.status} again after {seconds:.1f} s instead of {wait:g} s",
            )
        elif one.call == "outcome" and (after.said, after.key) != (one.said, one.key):
            yield broken(
                rule,
                f"outcome: nach {one.status} verändert wiederholt",
                f"outcome: changed when repeated after {one.status}",
            )
        else:
            yield kept(
                rule,
                "list 503, lease 429, outcome 503: abgewartet und wiederholt",
                "list 503, lease 429, outcome 503: waited for and repeated",
            )


async def one_case(play: Play) -> list[Ruling]:
    """Two messages of one case."""
    stage, rule = play.stage, "keeps-the-order"
    case = "pruefstand-vorgang"
    letters = [await stage.put(case), await stage.put(case)]
    if not await play.ends(*letters):
        late = next(one for one in letters if not stage.record.ended(one))
        return [_late(rule, play, late)]
    outcomes = [_ended(stage, one) for one in letters]
    leases = [stage.record.leases(one)[0] for one in letters]
    if outcomes[0].at < leases[1].at:
        return [
            kept(
                rule,
                "die zweite erst nach dem Ausgang der ersten geholt",
                "the second leased after the outcome of the first",
            )
        ]
    return [
        broken(
            rule, "die zweite vor dem Ausgang der ersten geholt", "the second leased before the outcome of the first"
        )
    ]


async def long_way(play: Play) -> list[Ruling]:
    """The lease is shorter than was asked for, and fetching takes longer."""
    stage, rule = play.stage, "renews-in-time"
    asking = json.dumps({"seconds": play.pace.lease}).encode()
    letter = await stage.put(meeting={"lease": Move(asking=asking), "attachment": Move(hold=play.pace.lease * 1.5)})
    ended = await play.ends(letter)
    if not stage.record.of(letter, "attachment"):
        return [_never(rule)]
    renewed = [one for one in stage.record.of(letter, "renew") if one.status == 200]
    if renewed:
        return [kept(rule, f"{len(renewed)}-mal verlängert", f"renewed {len(renewed)} times")]
    if not ended:
        return [_late(rule, play, letter)]
    return [
        broken(
            rule, "nicht verlängert; der Brief musste noch einmal kommen", "not renewed; the letter had to come again"
        )
    ]


async def shut_out(play: Play) -> list[Ruling]:
    """The token is not valid any more."""
    stage, rule = play.stage, "stops-at-401"
    before = len(stage.record.asked)
    for call in ("list", "lease", "document", "attachment", "renew", "outcome", "reply", "heartbeat", "destinations"):
        stage.front.always[call] = _refusing(401, "not-identified")
    await stage.put()

    def refused() -> list[Asked]:
        return [one for one in stage.record.asked[before:] if one.status == 401]

    if not await stage.record.until(lambda: bool(refused()), play.pace.patience):
        return [_never(rule)]
    await asyncio.sleep(play.pace.shut)
    lists = [one for one in refused() if one.call != "heartbeat"]
    bearable = 1 + int(play.pace.shut // 10)
    seconds = f"{play.pace.shut:g}"
    if len(lists) > bearable:
        return [
            broken(
                rule,
                f"{len(lists)} Anfragen in {seconds} s nach 401",
                f"{len(lists)} requests within {seconds} s after 401",
            )
        ]
    return [kept(rule, f"{len(lists)} Anfragen in {seconds} s", f"{len(lists)} requests within {seconds} s")]


TURNS: Final[tuple[Turn, ...]] = (
    arrival,
    unknown_fields,
    cut_off,
    damaged,
    taken,
    lost_answer,
    too_late,
    busy,
    one_case,
    long_way,
    shut_out,
)


# ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def booked(books: Path, letter: SubmissionId) -> int:
    """How often a letter stands in the books: lines of a file, or names in a folder up to their first dot."""
    if books.is_dir():
        names = {one.name.partition(".")[0] for one in books.iterdir()}
        return sum(letter in name for name in names)
    if not books.is_file():
        return 0
    return sum(letter in line for line in books.read_text("utf-8", "replace").splitlines())


def _after_fetching(play: Play, letter: SubmissionId) -> Iterator[Ruling]:
    rule, outcome = "reports-after-fetching", _ended(play.stage, letter)
    if outcome.outcome != "delivered":
        yield broken(
            rule,
            f"ein gültiger Antrag endete mit {outcome.outcome} ({letter})",
            f"a valid Antrag ended with {outcome.outcome} ({letter})",
        )
    elif not play.stage.record.fetched(letter, outcome):
        yield broken(
            rule, f"delivered, ehe alles geholt war ({letter})", f"delivered before everything was fetched ({letter})"
        )
    else:
        yield kept(
            rule, "Dokument und Anlage vorher vollständig geholt", "document and attachment fetched whole before"
        )


def _ended(stage: Stage, letter: SubmissionId) -> Asked:
    outcome = stage.record.ended(letter)
    assert outcome is not None
    return outcome


def _late(rule: str, play: Play, letter: SubmissionId) -> Ruling:
    waited = play.waited(letter)
    return broken(rule, waited.de, waited.en)


def _never(rule: str) -> Ruling:
    return untried(rule, "So weit kam der Client nicht.", "The client did not get that far.")


def _refusing(status: int, code: str, again: int = 0) -> Move:
    """The gateway says no, in its own form."""
    titles = {
        401: "Nicht angemeldet",
        409: "Der Brief ist schon vergeben",
        429: "Zu viele Anfragen",
        503: "Zurzeit nicht",
    }
    body = compact({"type": PROBLEM + code, "title": titles[status], "status": status, "code": code})
    headers = {"Content-Type": "application/problem+json"}
    if again:
        headers["Retry-After"] = str(again)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="antragsgateway"'
    return Move(instead=Reply(status, headers, body))


def _with_unknown(content: bytes) -> bytes:
    """The answer of a gateway that has learnt more: a further field in every object but the settings."""

    def richer(told: Any) -> Any:
        if isinstance(told, list):
            return [richer(one) for one in told]
        if not isinstance(told, dict):
            return told
        known = {name: one if name == "settings" else richer(one) for name, one in told.items()}
        return {**known, "kuenftig": {"stufe": 2, "liste": [None, True]}}

    return compact(richer(json.loads(content)))


def _with_a_wrong_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
