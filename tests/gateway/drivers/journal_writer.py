"""A process of its own that writes to a journal, to be killed or starved: `python -m … until-killed|until-full URL`."""

import asyncio
import resource
import sys
import uuid

from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.errors import JournalUnavailable
from gateway.journal import Limits
from tests.gateway.drivers.journal_rig import an_entry

ROOM = 400_000
"""Bytes that a file may have when the disk is said to be full."""


async def until_killed(journal: SqlJournal) -> None:
    """Print each id when `record` has returned."""

    async def send() -> None:
        while True:
            entry = an_entry(keys=(f"key:{uuid.uuid4()}",))
            await journal.record(entry)
            print(entry.submission.id, flush=True)

    await asyncio.gather(*(send() for _ in range(20)))


async def until_full(journal: SqlJournal) -> None:
    """Print ids, `full` when the disk is, the ledger's count, and one more id when there is room again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    try:
        while True:
            entry = an_entry(document=b"<a/>" * 2_000)
            await journal.record(entry)
            print(entry.submission.id)
    except JournalUnavailable:
        print("full")
    print((await journal.ledger()).received)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    entry = an_entry()
    await journal.record(entry)
    print(entry.submission.id)


async def main(how: str, url: str) -> None:
    async with open_journal(url, limits=lambda _: Limits(), clock=clock, kind="sandbox") as journal:
        await (until_killed if how == "until-killed" else until_full)(journal)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
