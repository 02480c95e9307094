"""What the tests of replies share: a reply that fits, and the submission it answers."""

from typing import Any, Final

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude
from gateway.reply import Boxed, Effect, Incoming, Kept, Kind, Origin
from gateway.submission import Attachment, Grade, State, Submission, content_digest, new_id
from tests.gateway.drivers.journal_rig import Rig, begin, conclude, report

ANTRAG: Final = "0199c0de-0012-7000-8000-000000000012"
ANSWER: Final = "0199c0de-0060-7000-8000-000000000060"
TOWN: Final = Origin(adapter="filedrop", destination="musterstadt-wohnsitz", test=False, by="worker-1")
CONFIRMED: Final = Conclude(State.CONFIRMED, final=True, grade=Grade.TAKEN)
A_FILE: Final = Attachment(id="ab" * 16, name="anlage-1", media_type="application/pdf", size=3, digest="cd" * 32)


def incoming(rig: Rig, document: bytes = b"<antwort/>", **changes: Any) -> Incoming:
    """A valid acknowledgement that comes now and names the message it answers."""
    said: dict[str, Any] = {
        "id": new_id(rig.clock()),
        "origin": TOWN,
        "received_at": rig.clock(),
        "document": document,
        "digest": content_digest(document),
        "kind": Kind.ACKNOWLEDGEMENT,
        "effect": Effect.CONFIRM,
        "root": "prozessnachricht.eingangsbestaetigung.1120",
        "standard": "AG-Prozess",
        "version": "1.0",
        "message_uuid": ANSWER,
        "answers": ANTRAG,
    }
    return Incoming(**{**said, **changes})


REJECTION: Final[dict[str, Any]] = {"kind": Kind.REJECTION, "effect": Effect.REFUSE, "code": "S999"}


async def delivered(rig: Rig, journal: SqlJournal, **changes: Any) -> Submission:
    """A submission that has reached its destination, which ended its story."""
    begun = await begin(journal, rig.entry(**{"message_uuid": ANTRAG, **changes}))
    await conclude(journal, report(begun))
    return begun.submission


async def kept(journal: SqlJournal, reply: Incoming) -> Kept:
    taken = await journal.receive(reply)
    assert isinstance(taken, Kept)
    return taken


async def boxed(journal: SqlJournal, reply: Incoming) -> str:
    """Why it went into the box."""
    taken = await journal.receive(reply)
    assert isinstance(taken, Boxed)
    return taken.reply.box
