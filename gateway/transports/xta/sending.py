"""How a submission is entrusted to an XTA server: account, service, id, message, report, in this order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from gateway.adapter import Answer, Delivered, NotThere, Outcome, Probe, Refused, Unclear, Unreachable
from gateway.submission import SECOND, Grade, Micros, SubmissionId
from gateway.transports.xta.client import Trouble, Xta
from gateway.transports.xta.faults import AlreadyThere, Consequence, Fault, FaultKind, what_follows
from gateway.transports.xta.ids import MessageIds
from gateway.transports.xta.vocabulary import (
    Available,
    Content,
    Entrusted,
    Light,
    Party,
    TransportOrder,
    TransportReport,
)

BELIEVED: Final = 300.0
"""seconds for which an account is taken for active and a service for offered, once a server has said so"""


class Sending:
    """One server and one reader's service. What comes back is what an adapter has to say."""

    def __init__(self, xta: Xta, ids: MessageIds, reader: Party, service: str) -> None:
        self._xta = xta
        self._ids = ids
        self._reader = reader
        self._service = service
        self._ready_until = Micros(0)

    async def deliver(
        self,
        submission: SubmissionId,
        order: Callable[[str], TransportOrder],
        message: Content,
        attachments: Sequence[Content],
    ) -> Outcome:
        """
        Entrust it, unless the server has it already. `order` makes the transport order for the id it travels under.

        What reading a content raises is raised; then nothing was taken.
        """
        if (trouble := await self._trouble()) is not None:
            return trouble
        message_id = await self._ids.of(submission, self._xta.create_message_id)
        if not isinstance(message_id, str):
            return _before_sending(message_id)
        sent = await self._xta.send_message(order(message_id), message, attachments)
        match _consequence(sent) if not isinstance(sent, Entrusted) else AlreadyThere():
            case AlreadyThere():
                return await self._told(message_id)
            case NotThere():
                return Unreachable("message-id-unknown")
            case ending:
                if not isinstance(ending, Refused):
                    self._ready_until = Micros(0)
                return ending

    async def ask(self, submission: SubmissionId) -> Answer:
        """Whether the server has it: it answers reports of what it has, and has never heard of the rest."""
        message_id = await self._ids.known(submission)
        if message_id is None:
            return NotThere()
        if isinstance(message_id, Unreachable):
            return message_id
        report = await self._xta.transport_report(message_id)
        if isinstance(report, TransportReport):
            return _ending(message_id, report)
        if isinstance(report, Fault) and report.kind is FaultKind.INVALID_MESSAGE_ID:
            return NotThere()
        return _before_sending(report)

    async def probe(self) -> Probe:
        """Whether the server can be reached, knows us, and offers the service; nothing is sent."""
        looked = await self._xta.https.look()
        if looked.because:
            return looked
        self._ready_until = Micros(0)
        trouble = await self._trouble()
        return Probe(
            because=trouble.because if trouble else "",
            certificate_until=looked.certificate_until,
            confirmed=None if trouble else True,
        )

    async def _trouble(self) -> Unreachable | None:
        """Why nothing can be sent now; not asked again for a while once all was well."""
        now = self._xta.https.clock()
        if now < self._ready_until:
            return None
        if (trouble := await self._xta.check_account()) is not None:
            return _before_sending(trouble)
        match await self._xta.lookup_service(self._reader, self._service):
            case Available(False):
                return Unreachable("service-not-offered")
            case Available():
                self._ready_until = Micros(now + int(BELIEVED * SECOND))
                return None
            case trouble:
                return _before_sending(trouble)

    async def _told(self, message_id: str) -> Outcome:
        """It is there; the report may already say that it could not be carried."""
        report = await self._xta.transport_report(message_id)
        if isinstance(report, TransportReport):
            return _ending(message_id, report)
        return Delivered(message_id, Grade.TRANSPORT)


def _ending(message_id: str, report: TransportReport) -> Delivered | Refused:
    """A red light ends a message's way: its id is used up, and trying again would not help."""
    if report.light is Light.RED:
        return Refused("carrying-failed", "; ".join((*report.codes, *report.reasons)))
    return Delivered(message_id, Grade.TRANSPORT)


def _consequence(trouble: Trouble) -> Consequence:
    return what_follows(trouble) if isinstance(trouble, Fault) else trouble


def _before_sending(trouble: Trouble) -> Unreachable:
    """What went wrong before the message itself was sent never leaves it open whether it arrived."""
    match _consequence(trouble):
        case Unreachable() as away:
            return away
        case Unclear(because):
            return Unreachable(because)
        case Refused(code):
            return Unreachable(code)
        case AlreadyThere() | NotThere():
            return Unreachable("answer-not-understood")
