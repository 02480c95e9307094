"""The journal's books for those who watch over the gateway: who they are, and what they see and decide."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.account import Account, Deed, Knocking, Scope, Session
from gateway.campaign import Advanced, Campaign, Estimate, Plan
from gateway.drivers.sql import accounts, campaigning, overlooking, pausing, timelines
from gateway.drivers.sql.steps import Runner
from gateway.operating import PAGE, Arrived, Condition, Content, Group, Kind, Page, Tally, Timeline, Wanted
from gateway.submission import Micros, SubmissionId


class OperatorsBooks:
    """A part of the journal in a SQL database; see the ports for what each method promises."""

    _runner: Runner

    async def accounts(self) -> Sequence[Account]:
        return await self._runner.read(accounts.EVERY, None)

    async def add_account(self, account: Account, by: str) -> None:
        await self._runner.write(accounts.ADD, accounts.Adding(account, by))

    async def revoke_account(self, name: str, by: str) -> None:
        await self._runner.write(accounts.REVOKE, accounts.Revoking(name, by))

    async def begin_session(self, secret_hash: str, account: str) -> None:
        await self._runner.write(accounts.BEGIN_SESSION, accounts.Beginning(secret_hash, account))

    async def session(self, secret_hash: str, idle: float) -> Session | None:
        found = await self._runner.read(accounts.SESSION, accounts.Asking(secret_hash, idle))
        if found is None:
            return None
        session, unseen = found
        if unseen:
            await self._runner.write(accounts.SEEN, secret_hash)
        return session

    async def end_session(self, secret_hash: str) -> None:
        await self._runner.write(accounts.END_SESSION, secret_hash)

    async def knocking(self, name_hash: str) -> Knocking:
        return await self._runner.read(accounts.KNOCKING, name_hash)

    async def knock(self, name_hash: str, *, opened: bool) -> Knocking:
        return await self._runner.write(accounts.KNOCK, accounts.Knock(name_hash, opened))

    async def deeds(self, most: int = 100, before: int | None = None) -> Sequence[tuple[int, Deed]]:
        return await self._runner.read(accounts.DEEDS, accounts.Which(most, before))

    async def open_now(self, scope: Scope) -> Sequence[Tally]:
        return await self._runner.read(overlooking.OPEN_NOW, scope)

    async def arrived(self, since: Micros, step: float, scope: Scope) -> Sequence[Arrived]:
        return await self._runner.read(overlooking.ARRIVED, overlooking.Span(since, step, scope))

    async def search(self, wanted: Wanted, scope: Scope, after: int | None = None, most: int = PAGE) -> Page:
        return await self._runner.read(overlooking.SEARCH, overlooking.Search(wanted, scope, after, most))

    async def timeline(self, submission: SubmissionId, scope: Scope) -> Timeline | None:
        return await self._runner.read(timelines.TIMELINE, timelines.Which(submission, scope))

    async def read_document(self, submission: SubmissionId, scope: Scope, by: str, reason: str) -> Content | None:
        return await self._runner.write(timelines.READ_DOCUMENT, timelines.Reading(submission, scope, by, reason))

    async def groups(self, scope: Scope) -> Sequence[Group]:
        return await self._runner.read(overlooking.GROUPS, scope)

    async def estimate(self, kind: Kind, destination: str, scope: Scope) -> Estimate:
        return await self._runner.read(campaigning.ESTIMATE, campaigning.Which(kind, destination, scope))

    async def begin_campaign(self, plan: Plan) -> Campaign:
        return await self._runner.write(campaigning.BEGIN, plan)

    async def cancel_campaign(self, campaign: str, by: str, reason: str) -> Campaign:
        return await self._runner.write(campaigning.CANCEL, campaigning.Cancelling(campaign, by, reason))

    async def campaigns(self, scope: Scope, most: int = 50) -> Sequence[Campaign]:
        return await self._runner.read(campaigning.LATEST, campaigning.Latest(scope, most))

    async def campaign(self, campaign: str, scope: Scope) -> Campaign | None:
        return await self._runner.read(campaigning.ONE, campaigning.Named(campaign, scope))

    async def advance_campaigns(self) -> Sequence[Advanced]:
        known, due = await self._runner.read(campaigning.WAITING, None)
        if known:
            await self._runner.write(campaigning.SETTLE, None)
        steps = [await self._runner.write(campaigning.STEP, campaign) for campaign in due]
        return [one for one in steps if one is not None]

    async def conditions(self) -> Sequence[Condition]:
        return await self._runner.read(pausing.CONDITIONS, None)

    async def pause_destination(self, name: str, by: str, reason: str) -> None:
        await self._runner.write(pausing.PAUSE, pausing.Wish(name, by, reason))

    async def resume_destination(self, name: str, by: str, reason: str) -> None:
        await self._runner.write(pausing.RESUME, pausing.Wish(name, by, reason))
