"""Whose lease it is, and whether its key still opens anything. What is not a site's does not exist for it."""

from __future__ import annotations

import re
from typing import Final, Literal, NoReturn

from gateway.adapter import Ending
from gateway.errors import BadRequest, LeaseOver, LetterTaken, NotFound, OutcomeConflict, TooMany
from gateway.events import RequestRefused
from gateway.intake.register import token_hash
from gateway.intake.visit import Visit
from gateway.journal import Claim, NoClaim
from gateway.journey import Gateway
from gateway.pickup.bodies import LEASE_ENDED
from gateway.site import Held, Lease, Reach, Site, SiteBook
from gateway.submission import Submission, SubmissionId

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY: Final = re.compile(r"(?P<attempt>[1-9][0-9]{0,8})\.(?P<secret>[A-Za-z0-9_-]{16,100})")


class Leases:
    """The journal, as one site may look into it."""

    def __init__(self, gateway: Gateway, book: SiteBook) -> None:
        self._gateway = gateway
        self._book = book

    def reach(self, site: Site) -> Reach:
        """What a site may pick up, by the tables in use and its own bounds."""
        tables = self._gateway.tables
        return Reach(tables.at_site(site.name), frozenset(site.authorities), frozenset(site.adapters))

    async def take(self, site: Site, letter: SubmissionId, seconds: float, visit: Visit) -> Claim:
        """
        The claim of a letter.

        Raises:
            NotFound: there is no such letter for this site.
            LetterTaken: it waits for nobody any more.
            TooMany: its destination bears no more at once.
        """
        reach = self.reach(site)
        match await self._book.lease(letter, site.worker, seconds, reach):
            case Claim() as claim:
                return claim
            case NoClaim("busy"):
                raise TooMany(
                    "Zu diesem Zustellpunkt laufen schon so viele Zustellungen, wie er verträgt; gleich noch einmal.",
                    "So many deliveries to this destination are in hand as it bears; try again in a moment.",
                )
            case NoClaim("foreign"):
                _foreign(site, visit)
            case NoClaim("moved-on"):
                await self._insist_on_own(site, letter, visit)
        raise LetterTaken(
            "Der Brief ist schon vergeben, oder die Einreichung ist weiter. Was wartet, nennt die Liste.",
            "The letter is taken, or its submission moved on. The list names what waits.",
        )

    async def opened(
        self, site: Site, lease: Lease, visit: Visit, also: Literal["document", "attachments"] | None = None
    ) -> Held:
        """
        What an open lease gives access to.

        Raises:
            NotFound: there is no such letter for this site.
            LeaseOver: the key is not that of a lease, or its time is over.
        """
        held = await self._own(site, lease, visit, also)
        if held.lapsed:
            raise over()
        return held

    async def answered(self, site: Site, lease: Lease, ending: Ending, visit: Visit) -> None:
        """
        Return where the same outcome was reported before with this key, and counted.

        Raises:
            NotFound, LeaseOver: as for `opened`.
            OutcomeConflict: another one was.
        """
        held = await self._own(site, lease, visit, None)
        if not held.ended or (held.outcome == "unclear" and held.code.endswith(LEASE_ENDED)):
            raise over()
        if held.outcome != type(ending).__name__.lower():
            raise OutcomeConflict(
                f"Mit diesem Schlüssel wurde schon „{held.outcome}“ gemeldet; das gilt.",
                f"'{held.outcome}' was reported with this key before; that counts.",
            )

    async def _own(
        self, site: Site, lease: Lease, visit: Visit, also: Literal["document", "attachments"] | None
    ) -> Held:
        held = await self._book.held(lease.submission, lease.attempt, also)
        if held is None:
            await self._insist_on_own(site, lease.submission, visit)
            raise over()
        if not self.reach(site).covers(held.submission):
            _foreign(site, visit)
        if held.worker != site.worker or held.key_hash != token_hash(lease.key):
            raise over()
        return held

    async def own(self, site: Site, letter: SubmissionId, visit: Visit) -> Submission:
        """
        The letter's submission, wherever it stands.

        Raises:
            NotFound: there is no such letter for this site.
        """
        submission = await self._book.exists(letter)
        if submission is None:
            raise no_letter()
        if not self.reach(site).covers(submission):
            _foreign(site, visit)
        return submission

    async def _insist_on_own(self, site: Site, letter: SubmissionId, visit: Visit) -> None:
        await self.own(site, letter, visit)


def letter_in(path: str) -> SubmissionId:
    """
    The letter that a path names.

    Raises:
        NotFound: nothing is called like that.
    """
    if not _UUID.fullmatch(path):
        raise no_letter()
    return SubmissionId(path)


def lease_in(visit: Visit, letter: SubmissionId, site: Site) -> Lease:
    """
    The lease that a request names by its key.

    Raises:
        BadRequest: there is no header `Lease-Key`.
        LeaseOver: it holds nothing that could be a key.
    """
    said = visit.header(b"lease-key")
    if not said:
        raise BadRequest(
            "Die Anfrage braucht den Header Lease-Key mit dem Schlüssel des Anspruchs.",
            "The request needs the header Lease-Key with the key of the lease.",
        )
    found = _KEY.fullmatch(said)
    if not found:
        raise over()
    return Lease(letter, int(found["attempt"]), found["secret"], site.worker)


def key_of(claim: Claim) -> str:
    """The key as a site is given it: it says which attempt it is for."""
    return f"{claim.attempt}.{claim.key}"


def over() -> LeaseOver:
    """The key opens nothing."""
    return LeaseOver(
        "Der Schlüssel gilt für diesen Brief nicht oder nicht mehr. Der Brief kommt wieder, wenn er noch nicht "
        "zugestellt ist.",
        "The key is not valid for this letter, or no longer. The letter comes again if it is not delivered yet.",
    )


def no_letter() -> NotFound:
    """There is none, or it is somebody else's."""
    return NotFound(
        "Einen Brief mit dieser Kennung gibt es für diesen Standort nicht.",
        "There is no letter of this id for this site.",
    )


def _foreign(site: Site, visit: Visit) -> NoReturn:
    """Somebody else's does not exist for this site, and operators hear of the question."""
    RequestRefused(
        code="foreign-letter", status=404, client=site.worker, path=visit.pattern, trace=visit.traceparent
    ).tell()
    raise no_letter()
