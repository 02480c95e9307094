"""What every request says of a client, whatever is played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from gateway.kit.sites.front import Move
from gateway.kit.sites.record import LOST, Asked
from gateway.kit.sites.rules import Ruling, broken, kept, untried
from gateway.kit.sites.stage import Stage
from gateway.kit.sites.turns import SLACK, Play


def all_along(play: Play) -> Iterator[Ruling]:
    """What every request says, whatever is played."""
    asked = play.stage.record.asked
    if not asked:
        return
    shown = sum(play.stage.token in one.target for one in asked)
    if shown:
        yield broken("keeps-the-token", f"{shown}-mal in einer Adresse", f"{shown} times in an address")
    else:
        yield kept("keeps-the-token", f"in keiner von {len(asked)} Adressen", f"in none of {len(asked)} addresses")
    yield _in_peace(asked)
    agents = {one.agent for one in asked if one.agent}
    if named := sorted(one for one in agents if "/" in one):
        yield kept("names-itself", named[0][:80], named[0][:80])
    else:
        yield broken("names-itself", "kein User-Agent mit Version", "no User-Agent with a version")
    beats = [one for one in asked if one.call == "heartbeat" and one.status == 204]
    if beats:
        yield kept("says-it-is-there", f"{len(beats)} Lebenszeichen", f"{len(beats)} heartbeats")
    else:
        yield broken("says-it-is-there", "kein Lebenszeichen", "no heartbeat")
    yield _replied(play)


def _in_peace(asked: Sequence[Asked]) -> Ruling:
    rule = "asks-in-peace"
    lists = [one for one in asked if one.call == "list"]
    idle = [
        (one, later)
        for one, later in pairwise(lists)
        if not one.waits and one.status == 200 and not (one.told or {}).get("letters")
    ]
    hasty = [later.at - one.at for one, later in idle if later.at - one.at < 10 - SLACK]
    if len(hasty) > 1:
        return broken(
            rule,
            f"{len(hasty)}-mal schon nach weniger als 10 s, zuletzt nach {hasty[-1]:.1f} s",
            f"{len(hasty)} times after less than 10 s, last after {hasty[-1]:.1f} s",
        )
    waiting = sum(one.waits for one in lists)
    return kept(
        rule, f"{len(lists)} Anfragen, {waiting} davon mit wait", f"{len(lists)} requests, {waiting} of them with wait"
    )


def _replied(play: Play) -> Ruling:
    rule, record = "forgets-no-reply", play.stage.record
    lost = next((one for one in record.asked if one.call == "reply" and one.status == LOST and one.told_at), None)
    if lost is None:
        return untried(
            rule, "Der Client brachte keine Antwort einer Behörde.", "The client brought no reply of an authority."
        )
    again = [one for one in record.repeats(lost) if one.status == 202 and (one.told or {}).get("repeated")]
    if again:
        return kept(
            rule,
            "nach verlorener Bestätigung unverändert wiederholt",
            "sent again unchanged after a lost acknowledgement",
        )
    return broken(
        rule,
        "nach verlorener Bestätigung nicht unverändert wiederholt",
        "not sent again unchanged after a lost acknowledgement",
    )


def lose_the_first_reply(stage: Stage) -> None:
    """Whenever a reply comes, the first acknowledgement gets lost."""
    stage.front.next("reply", Move(lost=True))
