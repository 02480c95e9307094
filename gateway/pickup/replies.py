"""
What a site brings back: answers of the authority, to a letter or to nobody by name.

Whatever it is, it is kept before it is acknowledged, and the answer says what became of it. A reply that fits nothing
is no error of the request: it lies in the box, where a human looks, and must not be sent for ever.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from gateway import way_back
from gateway.errors import BadRequest, NotFound, SendersFault
from gateway.events import RequestRefused
from gateway.intake import parameters
from gateway.intake.limits import Limits
from gateway.intake.unpacking import unpack
from gateway.intake.visit import Visit
from gateway.journey import Gateway
from gateway.reply import Boxed, Kept, Origin, Repeated
from gateway.site import Reach, Site
from gateway.submission import SubmissionId, new_id

Taken = Kept | Boxed | Repeated

_TEST: Final = {"true": True, "false": False}


async def bring(
    visit: Visit, origin: Origin, letter: SubmissionId | None, *, gateway: Gateway, limits: Limits
) -> Taken:
    """
    Read a reply with its files, keep it, and let it count.

    Raises:
        BadRequest, WrongMediaType, TooLarge, TooSlow: this is not how a reply is sent; nothing is kept.
        NotChecked, JournalUnavailable: not now; nothing is kept.
    """
    media_type = parameters.media_type(visit, multipart=True)
    unpacked = await unpack(visit, media_type, limits, gateway.attachments)
    brought = way_back.Brought(
        id=new_id(gateway.clock()),
        origin=origin,
        document=unpacked.document,
        charset=unpacked.charset,
        received_at=gateway.clock(),
        submission=letter,
        files=unpacked.attachments,
    )
    try:
        taken = await way_back.take_in(brought, gateway=gateway)
    except SendersFault:
        await gateway.attachments.discard(unpacked.attachments)
        raise
    if isinstance(taken, Repeated):
        await gateway.attachments.discard(unpacked.attachments)
    return taken


def from_destination(visit: Visit, site: Site, reach: Reach, gateway: Gateway) -> Origin:
    """
    Where a reply comes from that names no letter: `destination=`, and `test=true` for its test endpoint.

    Raises:
        BadRequest: the destination is missing, or there is another parameter.
        NotFound: there is no such destination for this site.
    """
    said = dict(parse_qsl(visit.scope["query_string"].decode("ascii", "replace"), keep_blank_values=True))
    name, test = said.pop("destination", ""), said.pop("test", "false")
    if not name or test not in _TEST or said:
        raise BadRequest(
            "Dieser Aufruf braucht destination und kennt daneben nur test (true oder false).",
            "This call needs destination, and knows only test (true or false) beside it.",
        )
    adapter = next((one.adapter for one in gateway.tables.destinations if one.name == name), "")
    if name not in reach.destinations or adapter not in site.adapters:
        RequestRefused(
            code="foreign-destination", status=404, client=site.worker, path=visit.pattern, trace=visit.traceparent
        ).tell()
        raise NotFound(
            "Einen Zustellpunkt dieses Namens gibt es für diesen Standort nicht.",
            "There is no destination of this name for this site.",
        )
    return Origin(adapter=adapter, destination=name, test=_TEST[test], by=site.worker, authorities=site.authorities)
