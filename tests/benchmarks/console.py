"""The console's pages with 200,000 submissions in PostgreSQL, 10,000 of them parked in 12 groups."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Final

import httpx2

from gateway.account import Account, Role
from gateway.console import Desk, LocalAccounts, console
from gateway.console.passwords import Cost, stored
from gateway.delivery import Policy
from gateway.drivers.clock import clock
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import open_journal
from gateway.drivers.sql.schema import upgrade
from gateway.intake import ClientRegister, build
from gateway.journal import Limits
from gateway.journey import Gateway
from gateway.routing import Board, Tables
from gateway.submission import SECOND
from gateway.testing import MemoryAttachments
from gateway.validation import Schemas
from tests.services import PostgresServer

WANTED: Final = 200.0
"""milliseconds"""
_ROOT: Final = Path(__file__).parents[2]
_PASSWORD: Final = "richtig-pferd-batterie"

# One in twenty is parked, in 12 groups; one in a hundred waits; a few were turned down or refused; the rest arrived.
_FILL: Final = """
INSERT INTO submissions (id, state, grade, concluded_at, version, received_at, updated_at, due_at, client, service,
    leistung, authority, connection, destination, adapter, test, root, standard, schema_version, package_digest,
    message_uuid, digest, size, attachments, traceparent, attempt, tries, ask, cause, behind)
SELECT substr(md5(n::text), 1, 8) || '-' || substr(md5(n::text), 9, 4) || '-7' || substr(md5(n::text), 14, 3) || '-8' ||
        substr(md5(n::text), 18, 3) || '-' || substr(md5(n::text), 21, 12),
    state, CASE state WHEN 'delivered' THEN 'transport' END,
    CASE WHEN state IN ('delivered', 'refused') THEN at END, 3, at, at, CASE state WHEN 'accepted' THEN at END,
    'portal', service, '99', authority, service || '/' || authority, authority || '-' || service, 'filedrop', 0, 'root',
    'standard', '1.0', '', md5('u' || n), md5(n::text), 1000, 0, '', 1, 1, 0,
    CASE state WHEN 'parked' THEN (ARRAY['adapter-bug', 'unclear-time-limit', 'given-up-refused'])[1 + n / 20 % 3]
        ELSE '' END, 0
FROM (SELECT n, {now} - (({many} - n)::bigint * 30 * 86400 * 1000000 / {many}) AS at,
        CASE WHEN n % 20 = 0 THEN 'parked' WHEN n % 100 = 1 THEN 'accepted' WHEN n % 100 = 2 THEN 'rejected'
            WHEN n % 1000 = 3 THEN 'refused' ELSE 'delivered' END AS state,
        (ARRAY['bau', 'wohnsitz', 'waffen', 'aufenthalt'])[1 + n / 60 % 4] AS service,
        (ARRAY['09761', '09273', '09375', '09661', '09662', '09663', '09671', '09672'])[1 + n / 7 % 8] AS authority
    FROM generate_series(1, {many}) AS n) AS made
"""
_EVENTS: Final = """
INSERT INTO events (submission, at, name, before, after, attempt, code, "by", service, authority, test, concludes)
SELECT id, received_at, 'submission.accepted', NULL, CASE state WHEN 'rejected' THEN state ELSE 'accepted' END, 0, '',
    '', service, authority, test, 0 FROM submissions
UNION ALL
SELECT id, received_at, 'x', 'accepted', state, 1, '', '', service, authority, test,
    CASE WHEN concluded_at IS NULL THEN 0 ELSE 1 END FROM submissions WHERE state NOT IN ('rejected', 'accepted')
"""
_DESTINATIONS: Final = (
    "INSERT INTO destinations (name, test, failures) SELECT DISTINCT destination, 0, 0 FROM submissions"
)
_CLAIMS: Final = """
INSERT INTO claims (submission, attempt, key_hash, worker, adapter, destination, test, claimed_at, leased_until,
    ended_at, outcome, code)
SELECT id, 1, '', 'worker-1', adapter, destination, 0, received_at, received_at, received_at,
    CASE state WHEN 'delivered' THEN 'delivered' ELSE 'unclear' END, '' FROM submissions WHERE state <> 'rejected'
"""


async def measure(postgres: PostgresServer, *, many: int = 200_000, times: int = 15) -> list[str]:
    """For each page the median of its answers, in milliseconds, for all authorities and for one."""
    url = postgres.create_database()
    await upgrade(url)
    for statement in (_FILL.format(now=clock(), many=many), _EVENTS, _DESTINATIONS, _CLAIMS, "ANALYZE", "CHECKPOINT"):
        postgres.sql(statement, url=url)
    lines: list[str] = []
    async with open_journal(url, limits=lambda _: Limits(), clock=clock, kind="sandbox") as journal:
        groups = await journal.groups(None)
        assert (len(groups), sum(group.number for group in groups)) == (12, many // 20)
        gateway = Gateway(
            kind="sandbox",
            schemas=Schemas.load(_ROOT / "xsd"),
            board=Board(Tables.load(_ROOT / "routing", Path("/nowhere"))),
            journal=journal,
            dispatch=InProcess(["filedrop"]),
            attachments=MemoryAttachments(),
            policies=_nothing_is_delivered,
            clock=clock,
            chance=lambda: 0.5,
        )
        desk = Desk(gateway=gateway, book=journal, identity=LocalAccounts(journal, clock))
        app = build(gateway, ClientRegister(journal), routers=[console(desk)])
        parked = postgres.sql(
            "SELECT id FROM submissions WHERE state = 'parked' AND authority = '09761' LIMIT 1", url=url
        ).strip()
        pages = _pages(parked)
        for name, authorities in (("all authorities", ("*",)), ("one authority", ("09761",))):
            account = Account(
                name=name.replace(" ", "-"),
                role=Role.OPERATOR,
                authorities=authorities,
                password=stored(_PASSWORD, Cost(log_n=4)),
            )
            await journal.add_account(account, "bench")
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1", timeout=60
            ) as http:
                await http.post("/console/sign-in", data={"name": account.name, "password": _PASSWORD})
                for page, path in pages.items():
                    lines.append(
                        f"console, {many} submissions, {name}: {page} {await _median(http, path, times):.0f} ms"
                    )
    postgres.drop_database(url)
    worst = max(float(line.rsplit(" ", 2)[1]) for line in lines)
    return [*lines, f"console: slowest page {worst:.0f} ms median; wanted at most {WANTED:.0f} ms"]


def _pages(parked: str) -> dict[str, str]:
    month_ago = time.strftime("%Y-%m-%dT%H:%M", time.gmtime((clock() / SECOND) - 20 * 86_400))
    return {
        "now": "",
        "submissions": "/submissions",
        "refused ones": "/submissions?state=refused",
        "of a service and state": "/submissions?service=waffen&state=parked",
        "of an authority": "/submissions?authority=09761",
        "three weeks ago": f"/submissions?until={month_ago}",
        "by message UUID": "/submissions?named=0190aaaa-0000-7000-8000-000000000000",
        "groups": "/failures",
        "plan": "/failures/consider?cause=adapter-bug&adapter=filedrop&service=bau&test=0",
        "adapters": "/adapters",
        "connections": "/connections",
        "timeline": f"/submissions/{parked}",
    }


async def _median(http: httpx2.AsyncClient, path: str, times: int) -> float:
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        answer = await http.get(f"/console{path}")
        took.append(1_000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text
    return statistics.median(took)


def _nothing_is_delivered(adapter: str) -> Policy:
    raise AssertionError(adapter)
