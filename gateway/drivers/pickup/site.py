"""A worker's ports behind a pickup door: letters in, claims, enclosures, and reports out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from gateway.adapter import Enclosure, Endpoint, Reply
from gateway.attachments import Encloses
from gateway.dispatch import Letter, Post, Report, TakeLetter
from gateway.drivers.hands import offer
from gateway.drivers.pickup import forms
from gateway.drivers.pickup.door import Door, GatewayAway, Refusal, ReplyNotTaken
from gateway.drivers.pickup.leases import Leases
from gateway.errors import BrokerUnavailable, NotIdentified
from gateway.events import DoorClosed, DoorOpened, OutcomeNotCounted, TaskFailed, frames_of
from gateway.journal import Claim, Claims, NoClaim
from gateway.reply import Origin, ReplyPost
from gateway.submission import Attachment, SubmissionId

_MOST: Final = 100
_SHORTEST: Final = 0.05
_LONGEST: Final = 30.0
"""Seconds between two lists where the one before brought nothing new, or the gateway is away."""

_HESITATING: Final = 1.0
"""Seconds for which what was handed out may be without an answer to its lease until the next list."""

_NOT_LET_IN: Final = 60.0
"""Seconds between two lists where the gateway does not know the token: a person has to look."""


@dataclass(slots=True)
class _Hands:
    """What an adapter has in hand, and for how much more there is room."""

    take: TakeLetter
    at_once: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    busy: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def free(self) -> int:
        return 0 if self.stopping.is_set() else self.at_once - len(self.busy)


class SitePost:
    """
    Dispatch for the workers of one site, over HTTPS: `Post` and `Claims` in one, and who gives out enclosures.

    One list serves all adapters. It is asked for only while somebody has a hand free, and waits at the gateway, so that
    a site where nothing happens asks about once a minute.
    """

    def __init__(self, door: Door, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._door = door
        self._pause = pause
        self._leases = Leases(door, pause)
        self._hands: dict[str, _Hands] = {}
        self._in_hand: set[SubmissionId] = set()
        self._unleased: set[SubmissionId] = set()
        self._moved = asyncio.Event()
        self._connected = False
        self._closed_because = ""

    # ── letters ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def connected(self) -> bool:
        return self._connected

    @asynccontextmanager
    async def letters(self, adapter: str, take: TakeLetter, at_once: int) -> AsyncIterator[None]:
        hands = self._hands[adapter] = _Hands(take, at_once)
        self._moved.set()
        try:
            yield
        finally:
            hands.stopping.set()
            await _finish(hands.busy)
            del self._hands[adapter]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Ask what waits, again and again, while the context is open."""
        listening = asyncio.create_task(self._listen(), name="pickup")
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        pause = _SHORTEST
        while True:
            await self._until_free()
            await self._until_leased()
            try:
                brought = self._hand_out(await self._door.letters(min(_MOST, self._free())))
            except (NotIdentified, Refusal) as error:
                self._note(connected=False, because=error.code)
                pause = _NOT_LET_IN
            except GatewayAway as error:
                self._note(connected=False, because=error.code)
                pause = min(max(2 * pause, 1.0), _LONGEST)
            except Exception as error:  # noqa: BLE001 - a site that stops asking would silently pick nothing up
                TaskFailed(task="pickup", error=type(error).__name__, frames=frames_of(error)).tell()
                pause = _LONGEST
            else:
                self._note(connected=True)
                if brought is None or brought:
                    pause = _SHORTEST
                    continue
                pause = min(2 * pause, 2.0)
            await self._pause(pause)

    def _hand_out(self, listed: Iterable[forms.Listed]) -> int | None:
        """Give each adapter what it has hands for; how many were, None where nothing waits."""
        waiting = list(listed)
        if not waiting:
            return None
        brought = 0
        for one in waiting:
            hands = self._hands.get(one.adapter)
            if hands is None or hands.free <= 0 or one.letter in self._in_hand:
                continue
            self._in_hand.add(one.letter)
            self._unleased.add(one.letter)
            task = asyncio.create_task(self._see_to(Letter(one.letter, one.attempt, one.adapter), hands))
            hands.busy.add(task)
            task.add_done_callback(partial(self._let_go, hands))
            brought += 1
        return brought

    async def _see_to(self, letter: Letter, hands: _Hands) -> None:
        try:
            await offer(letter, hands.take, called="pickup", stopping=hands.stopping)
        finally:
            self._leases.let_go(letter.submission)
            self._in_hand.discard(letter.submission)
            self._answered(letter.submission)

    def _answered(self, letter: SubmissionId) -> None:
        """Its lease was granted, or not: it is in no list any more."""
        self._unleased.discard(letter)
        self._moved.set()

    def _let_go(self, hands: _Hands, task: asyncio.Task[None]) -> None:
        hands.busy.discard(task)
        self._moved.set()

    def _free(self) -> int:
        return sum(hands.free for hands in self._hands.values())

    async def _until_free(self) -> None:
        while self._free() <= 0:
            self._moved.clear()
            await self._moved.wait()

    async def _until_leased(self) -> None:
        """What was handed out a moment ago would only be listed again; a gateway that hesitates is not waited for."""
        try:
            async with asyncio.timeout(_HESITATING):
                while self._unleased:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return

    def _note(self, *, connected: bool, because: str = "") -> None:
        """Tell when the door opened or closed, and not each time it is still so."""
        if connected and not self._connected:
            DoorOpened(site=self._door.site).tell()
        elif not connected and because != self._closed_because:
            DoorClosed(site=self._door.site, because=because).tell()
        self._connected, self._closed_because = connected, because

    # ── claims ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, letter: Letter, worker: str, lease: float) -> Claim | NoClaim:
        if self._leases.begun(letter.submission):
            return NoClaim("taken")  # by us: how it ended is not said, so the lease ends, and the next one asks first
        try:
            leased = self._leases.of(letter.submission) or await self._door.lease(letter.submission, lease)
            self._leases.hold(leased)
            self._answered(letter.submission)
            document = await self._door.document(leased)
        except NotIdentified:
            return NoClaim("moved-on")
        except GatewayAway:
            # It would be waited for with the letter in hand, and whoever stops does not want to.
            if letter.adapter not in self._hands or self._hands[letter.adapter].stopping.is_set():
                return NoClaim("moved-on")
            raise
        except Refusal as refusal:
            self._leases.let_go(letter.submission)
            if refusal.status == 429:
                await self._pause(1.0)
                return NoClaim("busy")
            return NoClaim("taken" if refusal.code == "letter-taken" else "moved-on")
        self._leases.begin(letter.submission)
        return Claim(
            submission=leased.submission,
            attempt=leased.attempt,
            key=leased.key,
            worker=worker,
            until=leased.until,
            ask=leased.ask,
            document=document,
        )

    async def keep_words(self, claim: Claim, reference: str, reason: str) -> None:
        words = self._leases.words(claim.submission.id)
        words.reference = words.reference or reference
        words.reason = words.reason or reason

    def endpoint(self, name: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the lane has it: live or test
        """A destination's endpoint, as the gateway said it: without the site's folder and secrets."""
        return self._leases.endpoint(name, test)

    async def look_around(self) -> None:
        """Learn where the site's Fachverfahren are, if the gateway says so now; else what is known stays."""
        await self._reached()

    async def _reached(self) -> list[forms.Reached]:
        try:
            reached = await self._door.destinations()
        except (GatewayAway, NotIdentified, Refusal):  # who asks for letters meets the same, and tells it
            return []
        self._leases.reach(reached)
        return reached

    def endpoints_of(self, adapter: str) -> list[Endpoint]:
        """Those of an adapter that are known, without the site's folder and secrets."""
        return self._leases.endpoints_of(adapter)

    def enclose(self, attachments: Iterable[Attachment]) -> tuple[Enclosure, ...]:
        return self._leases.enclose(attachments)

    # ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def report(self, report: Report) -> None:
        leased = self._leases.of(report.submission)
        if leased is None:
            return
        said = forms.outcome(self._leases.words(report.submission).put_into(report.ending))
        try:
            await self._door.report(leased, said)
        except (GatewayAway, NotIdentified) as error:
            raise BrokerUnavailable(
                "Der Ausgang einer Zustellung kam nicht sicher an; er wird noch einmal gemeldet.",
                "It is not certain that the outcome of a delivery arrived; it will be reported again.",
            ) from error
        except Refusal as refusal:
            if refusal.status == 429:
                raise BrokerUnavailable from refusal
            OutcomeNotCounted(
                submission=report.submission, adapter=report.adapter, because=refusal.code, trace=report.traceparent
            ).tell()

    # ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def destinations(self, adapter: str) -> list[tuple[str, bool]]:
        """
        Where this adapter may look for replies now: each destination of the site, and whether its test endpoint is
        meant; none while the gateway is away, as nothing could be brought there.
        """
        return [(it.endpoint.destination, it.endpoint.test) for it in await self._reached() if it.adapter == adapter]

    async def bring(self, reply: Reply, origin: Origin) -> None:
        try:
            await self._door.reply(reply, origin)
        except NotIdentified as error:
            raise GatewayAway from error
        except Refusal as refusal:
            if refusal.status == 429:
                raise GatewayAway from refusal
            if refusal.status == 404 and reply.submission is not None:
                # The adapter named a letter that is not this site's. The message says whom it answers, or a human does.
                return await self.bring(replace(reply, submission=None), origin)
            raise ReplyNotTaken from refusal


async def _finish(busy: set[asyncio.Task[None]]) -> None:
    """Wait for everything in hand; when this is cancelled, cancel what is in hand too."""
    try:
        while busy:
            await asyncio.wait(busy)
    except asyncio.CancelledError:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        raise


def _keeps_the_ports(post: SitePost) -> tuple[Post, Claims, Encloses, ReplyPost]:
    return post, post, post, post
