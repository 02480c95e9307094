"""What a site can ask. Each call is one method: a request in, a response out; the journal decides."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from gateway import journey, telling
from gateway.attachments import Stored
from gateway.dispatch import Report
from gateway.errors import BadRequest, NotFound
from gateway.events import LetterLeased, RequestRefused, SiteHeard
from gateway.intake.crowd import Crowd
from gateway.intake.identity import token_in, unknown_token
from gateway.intake.limits import Limits
from gateway.intake.responses import told
from gateway.intake.visit import Visit
from gateway.journal import Ignored
from gateway.journey import Gateway
from gateway.pickup import answers, bodies, replies
from gateway.pickup.leases import Leases, lease_in, letter_in, no_letter, over
from gateway.pickup.ranges import Part, part_wanted
from gateway.pickup.sites import SiteRegister
from gateway.reply import Origin
from gateway.site import Site, SiteBook, Waiting
from gateway.submission import SECOND, SubmissionId

LONGEST_WAIT: Final = 60
MOST_LETTERS: Final = 100
WAITING_AT_ONCE: Final = 32
"""requests of one site that wait; a further one is answered at once"""

_PIECE: Final = 1 << 18
_FETCHED: Final = {"Cache-Control": "no-store", "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}


class Calls:
    """The calls of /v1/sites that sites make."""

    def __init__(self, gateway: Gateway, book: SiteBook, sites: SiteRegister, limits: Limits) -> None:
        self._gateway = gateway
        self._book = book
        self._sites = sites
        self._leases = Leases(gateway, book)
        self._crowd = Crowd(limits)
        self._limits = limits
        self._waiting: Counter[str] = Counter()
        self._sandbox = gateway.kind == "sandbox"

    async def letters(self, request: Request) -> Response:
        """What waits; with `wait=n` as soon as something does, or after so many seconds. Changes nothing."""
        visit = Visit.of(request.scope)
        site = await self._identified(request, visit)
        wanted = _query(visit)
        with self._seat(site, wanted.get("wait", 0)) as seconds:
            found = await self._look(site, wanted.get("most", MOST_LETTERS), seconds)
        called = self._gateway.tables.authority_name
        return told(answers.letters(site.name, found, called=called, sandbox=self._sandbox), visit)

    async def _look(self, site: Site, most: int, seconds: float) -> list[Waiting]:
        """The letters that wait, or come within so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            reach = self._leases.reach(site)
            with self._gateway.doorbell.waiting(reach.destinations) as rung:
                found = list(await self._book.waiting(reach, most))
                left = until - loop.time()
                if found or left <= 0 or self._gateway.doorbell.closed:
                    return found
                try:
                    async with asyncio.timeout(left):
                        await rung.wait()
                except TimeoutError:
                    return []

    async def lease(self, request: Request) -> Response:
        """Claim a letter."""
        visit = Visit.of(request.scope)
        site, letter = await self._at(request, visit)
        with self._crowd.place_for(site.name):
            seconds = await bodies.seconds_wanted(visit)
            claim = await self._leases.take(site, letter, seconds, visit)
        submission = claim.submission
        LetterLeased(
            submission=submission.id,
            attempt=claim.attempt,
            site=site.name,
            adapter=submission.adapter,
            trace=submission.traceparent,
        ).tell()
        tables = self._gateway.tables
        endpoint = tables.endpoint(submission.destination, submission.test)
        return told(
            answers.leased(site.name, claim, endpoint, called=tables.authority_name, sandbox=self._sandbox), visit
        )

    async def document(self, request: Request) -> Response:
        """The document's bytes, or a part of them."""
        visit = Visit.of(request.scope)
        site, letter = await self._at(request, visit)
        held = await self._leases.opened(site, lease_in(visit, letter, site), visit, "document")
        tag = f'"{hashlib.sha256(held.document).hexdigest()}"'
        part = part_wanted(visit, len(held.document), tag)
        headers = {**_FETCHED, **part.headers, "ETag": tag, "Content-Type": "application/xml"}
        return Response(held.document[part.start : part.end], 200 if part.whole else 206, headers)

    async def attachment(self, request: Request) -> Response:
        """An attachment's bytes, or a part of them, as they are read from the disk."""
        visit = Visit.of(request.scope)
        site, letter = await self._at(request, visit)
        held = await self._leases.opened(site, lease_in(visit, letter, site), visit, "attachments")
        wanted = request.path_params["attachment"]
        found = next((one for one in held.submission.attachments if one.id == wanted), None)
        if found is None:
            raise no_letter()
        tag = f'"{found.digest}"'
        part = part_wanted(visit, found.size, tag)
        headers = {**_FETCHED, **part.headers, "ETag": tag}
        pieces = _pieces(self._gateway.attachments.open(found), part)
        return StreamingResponse(pieces, 200 if part.whole else 206, headers, media_type=found.media_type)

    async def renew(self, request: Request) -> Response:
        """Let a lease last longer."""
        visit = Visit.of(request.scope)
        site, letter = await self._at(request, visit)
        lease = lease_in(visit, letter, site)
        seconds = await bodies.seconds_wanted(visit)
        until = await self._book.renew(lease, seconds)
        if until is None:
            await self._leases.opened(site, lease, visit)
            raise over()
        return told(answers.renewed(lease, until), visit)

    async def outcome(self, request: Request) -> Response:
        """How the attempt ended; the same once more changes nothing."""
        visit = Visit.of(request.scope)
        site, letter = await self._at(request, visit)
        lease = lease_in(visit, letter, site)
        ending = await bodies.ending(visit)
        report = Report(letter, lease.attempt, lease.key, site.worker, "", ending, visit.traceparent)
        concluded = await journey.conclude(report, gateway=self._gateway)
        repeated = isinstance(concluded, Ignored)
        if isinstance(concluded, Ignored):
            await self._leases.answered(site, lease, ending, visit)
        else:
            telling.reported(site.name, report, concluded)
        return told(answers.counted(lease, ending, repeated=repeated), visit)

    async def reply(self, request: Request) -> Response:
        """What the authority answered to a letter, whenever that is."""
        visit = Visit.of(request.scope)
        site, letter = await self._at(request, visit)
        _no_query(visit)
        submission = await self._leases.own(site, letter, visit)
        with self._crowd.place_for(site.name):
            origin = Origin.of(submission, site.worker, site.authorities)
            taken = await replies.bring(visit, origin, letter, gateway=self._gateway, limits=self._limits)
        return self._brought(taken, visit)

    async def stray_reply(self, request: Request) -> Response:
        """What an authority answered, where the site does not know to which letter: the message has to say it."""
        visit = Visit.of(request.scope)
        site = await self._identified(request, visit)
        origin = replies.from_destination(visit, site, self._leases.reach(site), self._gateway)
        with self._crowd.place_for(site.name):
            taken = await replies.bring(visit, origin, None, gateway=self._gateway, limits=self._limits)
        return self._brought(taken, visit)

    def _brought(self, taken: replies.Taken, visit: Visit) -> Response:
        return told(answers.brought(taken, visit.language), visit, status=202)

    async def destinations(self, request: Request) -> Response:
        """Where the site's Fachverfahren are, so that it can ask them for answers without a letter in hand."""
        visit = Visit.of(request.scope)
        site = await self._identified(request, visit)
        _no_query(visit)
        reach = self._leases.reach(site)
        within = [
            one
            for one in self._gateway.tables.destinations
            if one.name in reach.destinations and one.adapter in site.adapters
        ]
        return told(answers.destinations(within), visit)

    async def heartbeat(self, request: Request) -> Response:
        """What a worker says of itself."""
        visit = Visit.of(request.scope)
        site = await self._identified(request, visit)
        said = await bodies.heartbeat(visit, site)
        await self._book.heard_from(said)
        first = said.first_end
        SiteHeard(
            site=site.name,
            version=said.version,
            at=self._gateway.clock() / SECOND,
            certificate_end=None if first is None else first / SECOND,
        ).tell()
        return Response(status_code=204)

    async def _at(self, request: Request, visit: Visit) -> tuple[Site, SubmissionId]:
        site = await self._identified(request, visit)
        return site, letter_in(request.path_params["letter"])

    async def _identified(self, request: Request, visit: Visit) -> Site:
        """
        Who stands here. For somebody else's token this site does not exist.

        Raises:
            NotIdentified: no token, an unknown one or a revoked one.
            NotFound: it is another site's.
        """
        site = await self._sites.find(token_in(visit))
        if site is None:
            raise unknown_token()
        visit.client = site.worker
        if request.path_params["site"] != site.name:
            RequestRefused(
                code="foreign-site", status=404, client=site.worker, path=visit.pattern, trace=visit.traceparent
            ).tell()
            raise NotFound(
                "Einen Standort dieses Namens gibt es für dieses Token nicht.",
                "There is no site of this name for this token.",
            )
        return site

    @contextmanager
    def _seat(self, site: Site, seconds: int) -> Iterator[int]:
        """How long this request may wait."""
        if not seconds or self._waiting[site.name] >= WAITING_AT_ONCE:
            yield 0
            return
        self._waiting[site.name] += 1
        try:
            yield seconds
        finally:
            self._waiting[site.name] -= 1


_MOST: Final = {"wait": (0, LONGEST_WAIT), "most": (1, MOST_LETTERS)}


def _query(visit: Visit) -> dict[str, int]:
    raw: bytes = visit.scope["query_string"]
    pairs = parse_qsl(raw.decode("ascii", "replace"), keep_blank_values=True)
    found = dict(pairs)
    good = len(found) == len(pairs) and all(
        name in _MOST and value.isascii() and value.isdigit() and len(value) < 4 and int(value) >= _MOST[name][0]
        for name, value in found.items()
    )
    if not good:
        raise BadRequest(
            f"Es gibt wait (Sekunden bis {LONGEST_WAIT}) und most (Zahl bis {MOST_LETTERS}), jedes höchstens einmal.",
            f"There are wait (seconds up to {LONGEST_WAIT}) and most (number up to {MOST_LETTERS}), each at most once.",
        )
    return {name: min(int(value), _MOST[name][1]) for name, value in found.items()}


def _no_query(visit: Visit) -> None:
    if visit.scope["query_string"]:
        raise BadRequest("Dieser Aufruf hat keine Parameter.", "This call has no parameters.")


async def _pieces(stored: Stored, part: Part) -> AsyncIterator[bytes]:
    left = part.end - part.start
    if left:
        async for piece in stored.chunks(_PIECE, part.start):
            yield piece[:left]
            left -= min(left, len(piece))
            if not left:
                return
