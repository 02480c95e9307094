"""One submission: how it was judged, where it goes, what was tried, who did what; its content for those who say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from gateway.account import Deed, Right
from gateway.console import saying
from gateway.console.house import Asked, nothing_here
from gateway.journal import Event
from gateway.operating import Given, Timeline, Try
from gateway.submission import Micros, State, SubmissionId


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: Micros
    what: Event | Deed
    attempt: Try | None = None
    given: Given | None = None

    @property
    def moved(self) -> bool:
        """Whether it moved the submission."""
        return isinstance(self.what, Event)


async def show(asked: Asked) -> Response:
    """The timeline."""
    return asked.page("timeline.html", **await facts(asked))


async def read(asked: Asked) -> Response:
    """The content, once it is written down who reads it and why."""
    asked.account.insist(Right.READ)
    reason = asked.reason()
    found = await facts(asked)
    content = await asked.desk.book.read_document(_named(asked), asked.account.scope, asked.account.name, reason)
    if content is None:
        raise nothing_here()
    return asked.page("content.html", content=content, document=content.document.decode("utf-8", "replace"), **found)


async def facts(asked: Asked) -> dict[str, object]:
    """
    What templates say of one submission.

    Raises:
        NotFound: there is none for this account.
    """
    known = await asked.desk.book.timeline(_named(asked), asked.account.scope)
    if known is None:
        raise nothing_here()
    gateway = asked.desk.gateway
    submission = known.standing.submission
    answers = await gateway.journal.replies(submission.id)
    titles = {service.name: service.title for service in gateway.tables.services}
    return {
        "known": known,
        "standing": known.standing,
        "submission": submission,
        "lines": lines_of(known),
        "replies": answers,
        "kinds": saying.KINDS,
        "grades": saying.GRADES,
        "events": saying.EVENTS,
        "deeds": saying.DEEDS,
        "outcomes": saying.OUTCOMES,
        "authority": gateway.tables.authority_name(submission.authority),
        "service": titles.get(submission.service, submission.service),
        "parked": known.standing.state is State.PARKED,
    }


def lines_of(known: Timeline) -> Sequence[Line]:
    """Everything in its order: what moved it with the attempt behind it and the reason given, and what people did."""
    tries = {one.attempt: one for one in known.tries}
    given = {(one.at, one.by): one for one in known.given}
    happened = [
        Line(
            event.at,
            event,
            None if event.name.startswith("letter.") else tries.get(event.attempt),
            given.get((event.at, event.by)),
        )
        for event in known.events
    ]
    done = [Line(deed.at, deed) for deed in known.deeds]
    return sorted([*happened, *done], key=lambda line: line.at)


def _named(asked: Asked) -> SubmissionId:
    return SubmissionId(asked.path["submission"].lower())
