"""Where a case is: with whoever accepted the message that another one refers to."""

import pytest

from gateway.connection import CaseHome
from gateway.drivers.sql.journal import SqlJournal
from tests.gateway.drivers.journal_rig import Rig, accept

pytestmark = pytest.mark.anyio

FIRST = "4f3c1a52-7a0e-4d0f-9d1b-6d7f9a1e2b3c"


async def test_a_case_is_where_its_message_was_accepted(rig: Rig, journal: SqlJournal) -> None:
    """Service, authority and connection of that submission, however the UUID is written."""
    entry = rig.entry(client="portal", keys=(f"uuid:{FIRST}",))
    await accept(journal, entry)

    submission = entry.submission
    home = CaseHome(submission.service, submission.authority, entry.connection)
    assert await journal.case_home("portal", FIRST, test=False) == home
    assert await journal.case_home("portal", FIRST.upper(), test=False) == home


async def test_a_case_of_somebody_else_is_none(rig: Rig, journal: SqlJournal) -> None:
    """Another portal's message, a test's, and one that never came lead nowhere."""
    await accept(journal, rig.entry(client="portal", keys=(f"uuid:{FIRST}",)))

    assert await journal.case_home("anderes", FIRST, test=False) is None
    assert await journal.case_home("portal", FIRST, test=True) is None
    assert await journal.case_home("portal", "00000000-0000-4000-8000-000000000000", test=False) is None


async def test_a_rejected_message_begins_no_case(rig: Rig, journal: SqlJournal) -> None:
    """Nobody accepted it, so nobody has it."""
    await journal.record(rig.refusal(client="portal", keys=(f"uuid:{FIRST}",)))

    assert await journal.case_home("portal", FIRST, test=False) is None
