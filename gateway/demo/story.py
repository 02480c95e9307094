"""The story the demo tells: what a portal sends, what becomes of it, and whether that is as it should be."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from gateway.adapter import Answering, Simulator
from gateway.demo.letterbox import Letterbox
from gateway.demo.narrator import Narrator
from gateway.demo.samples import Antrag, live, worst
from gateway.demo.sandbox import Lane, Sandbox
from gateway.errors import Sentence
from gateway.intake import token_hash
from gateway.portal import Answer, Portal, Step
from gateway.routing import Absence, Door, NoDoor
from gateway.submission import State
from gateway.webhooks import new_secret, written

_PATIENCE: Final = 15.0
"""Seconds any of this may take."""
_GLANCE: Final = 0.01
_FAILURES: Final = 2
"""How often a Fachverfahren is not reached before it is back."""
_LARGE: Final = 5_000_000
"""Bytes of a large attachment."""
_SHOWN: Final = 3
"""Findings shown of one document."""

_AUGSBURG: Final = "09761"
_TO_MEITINGEN: Final = (("097610000000", "097720177177"), ("09761000", "09772177"))
"""ARS and AGS of the Stadt, and those of a Markt that is no building authority [F]."""


class Story:
    """A portal's day at a sandbox, chapter by chapter."""

    def __init__(self, sandbox: Sandbox, samples: list[Antrag], portal: Portal, narrator: Narrator) -> None:
        self._sandbox = sandbox
        self._samples = samples
        self._live = live(samples, sandbox.facts.tables)
        self._portal = portal
        self._tell = narrator
        self._accepted: dict[str, Lane] = {}
        self._rejected = 0

    async def play(self) -> None:
        """All chapters; what is not as expected is remembered by the narrator."""
        await self._pilots()
        await self._large_attachments()
        await self._test_message()
        await self._invalid()
        await self._wrong_authority()
        await self._twice()
        await self._down_for_a_while()
        await self._heard()
        await self._answered()
        await self._ledger()

    # ── chapters ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _pilots(self) -> None:
        self._tell.chapter(
            Sentence("Anträge an die Pilotbehörden", "Anträge to the pilot authorities"),
            Sentence(
                "Jeder wird geprüft, gespeichert, mit 202 beantwortet und übergeben.",
                "Each is checked, stored, answered with 202 and delivered.",
            ),
        )
        for antrag in self._live:
            await self._deliver(antrag.fresh())

    async def _large_attachments(self) -> None:
        self._tell.chapter(
            Sentence("Große Anlagen", "Large attachments"),
            Sentence(
                "Sie fließen in Dateien, nie ganz durch den Speicher.",
                "They stream into files, never whole through memory.",
            ),
        )
        antrag = max(self._live, key=lambda one: len(one.attachments))
        await self._deliver(antrag.fresh().enclosing(_LARGE))

    async def _test_message(self) -> None:
        self._tell.chapter(
            Sentence("Eine Testnachricht", "A test message"),
            Sentence(
                "Sie erreicht nur den Testzugang des Zustellpunkts und wird getrennt gezählt.",
                "It reaches the destination's test endpoint only, and is counted apart.",
            ),
        )
        await self._deliver(next(one for one in self._samples if one.reading.test and one.found).fresh())

    async def _invalid(self) -> None:
        self._tell.chapter(
            Sentence("Ein ungültiger Antrag", "An Antrag that is not valid"),
            Sentence(
                "Er wird zurückgewiesen; die Befunde nennen die Stelle, nie einen Wert.",
                "It is rejected; the findings name the place, never a value.",
            ),
        )
        antrag = worst(self._samples)
        await self._refused(antrag.fresh(), antrag.findings[0].code)

    async def _wrong_authority(self) -> None:
        self._tell.chapter(
            Sentence("Die falsche Behörde", "The wrong authority"),
            Sentence(
                "Lieber keine als eine unzuständige; die Antwort nennt die zuständige.",
                "Better none than a wrong one; the answer names the one responsible.",
            ),
        )
        city = next(one for one in self._live if one.door.connection.id == f"bau/{_AUGSBURG}")
        misled = city.fresh().saying(*_TO_MEITINGEN)
        await self._refused(misled, Absence.NOT_RESPONSIBLE, to="Markt Meitingen")
        for antrag in self._samples:
            if isinstance(antrag.found, NoDoor):
                await self._refused(antrag.fresh(), antrag.found.code)
                return

    async def _twice(self) -> None:
        self._tell.chapter(
            Sentence("Zweimal gesendet, einmal übergeben", "Sent twice, delivered once"),
            Sentence(
                "Wer keine Antwort bekam, sendet noch einmal und erhält dieselbe.",
                "Whoever got no answer sends again, and is given the same one.",
            ),
        )
        antrag = self._live[0].fresh()
        first = await self._deliver(antrag)
        again = await self._portal.submit(antrag.document, antrag.enclosed)
        self._tell.step(Sentence("noch einmal gesendet", "sent again"))
        self._tell.expect(
            again.taken and again.submission == first and again.body.get("replay") is True,
            Sentence("dieselbe Antwort, kein zweiter Antrag", "the same answer, no second Antrag"),
            Sentence("als neuer Antrag behandelt", "treated as a new Antrag"),
        )
        other = antrag.saying(("Beispiel", "Muster"))
        conflict = await self._portal.submit(other.document, other.enclosed)
        self._tell.step(Sentence("dieselbe UUID, anderer Inhalt", "the same UUID, other content"))
        self._tell.expect(
            conflict.status == 409,
            Sentence("409, nicht angenommen", "409, not accepted"),
            Sentence(f"{conflict.status} statt 409", f"{conflict.status} instead of 409"),
        )

    async def _down_for_a_while(self) -> None:
        self._tell.chapter(
            Sentence("Ein Fachverfahren fällt aus", "A Fachverfahren is down"),
            Sentence(
                "Das Portal hat seine 202; das Gateway versucht es, bis es wieder da ist.",
                "The portal has its 202; the gateway tries until it is back.",
            ),
        )
        antrag = self._live[-1].fresh()
        simulator = self._simulator(_lane(antrag))
        failures = 0

        def back_after_some(step: Step) -> None:
            nonlocal failures
            failures += int(step.name == "attempt.failed")
            if step.name == "attempt.failed" and failures == _FAILURES:
                simulator.fail(down=False)
                self._tell.step(Sentence("[das Fachverfahren ist wieder da]", "[the Fachverfahren is back]"))

        simulator.fail(down=True)
        try:
            await self._deliver(antrag, seeing=back_after_some)
        finally:
            simulator.fail(down=False)
        if failures < _FAILURES:
            self._tell.surprise(Sentence("kein Ausfall bemerkt", "no failure noticed"))

    async def _heard(self) -> None:
        self._tell.chapter(
            Sentence("Das Portal erfährt davon", "The portal hears of it"),
            Sentence(
                "Eine signierte Meldung ohne Inhalt; das Portal prüft sie und fragt erst dann nach.",
                "A signed message without content; the portal checks it, and only then asks.",
            ),
        )
        journal, secret = self._sandbox.running.journal, new_secret()
        known = await journal.clients()
        portal = next(one.name for one in known if one.token_hash == token_hash(self._sandbox.token))
        async with Letterbox.hung_up() as box:
            await journal.add_webhook("wh_demo", portal, box.url, secret)
            submission = await self._deliver(self._live[0].fresh())
            try:
                message = await box.next(_PATIENCE)
            except TimeoutError:
                self._tell.surprise(Sentence("keine Meldung kam an", "no message came"))
                return
            await journal.revoke_webhook("wh_demo")
        told, now = message.told, time.time()
        self._tell.line(Sentence(f"Meldung {told['type']}", f"Message {told['type']}"))
        self._tell.step(message.headers["webhook-id"])
        forged = replace(message, body=message.body.replace(b"delivered", b"refused"))
        self._tell.expect(
            told["data"]["submissionId"] == submission
            and message.genuine(written(secret), now)
            and not forged.genuine(written(secret), now),
            Sentence("Signatur geprüft; verändert gälte sie nicht", "signature checked; changed it would not hold"),
            Sentence("die Signatur stimmt nicht", "the signature is wrong"),
        )

    async def _answered(self) -> None:
        self._tell.chapter(
            Sentence("Die Behörde antwortet", "The authority answers"),
            Sentence(
                "Ihr Fachverfahren steht im eigenen Netz: Ein Worker dort holt ab und bringt Eingangsbestätigung, "
                "Aktenzeichen und Stand, geprüft wie ein Antrag.",
                "Its Fachverfahren is in a network of its own: a worker there picks up, and brings acknowledgement, "
                "Aktenzeichen and status, checked like an Antrag.",
            ),
        )
        antrag = next(one for one in self._live if one.door.destination.name == self._sandbox.at_site).fresh()
        submission = await self._deliver(antrag)
        simulator = self._simulator(_lane(antrag))
        assert isinstance(simulator, Answering)
        uuids = simulator.answer(submission)
        try:
            replies = await self._replies(submission, len(uuids))
        except TimeoutError:
            self._tell.surprise(Sentence("keine Antwort kam zurück", "no answer came back"))
            return
        standing = await self._portal.status(submission)
        for reply in replies:
            self._tell.step(f"{reply['kindLabel']} {reply.get('fileNumber') or reply.get('code', '')}".strip())
        documents = [await self._portal.fetch(reply["document"]["href"]) for reply in replies]
        number = next((reply["fileNumber"] for reply in replies if "fileNumber" in reply), None)
        self._tell.expect(
            [reply["messageUuid"] for reply in replies] == uuids
            and all(uuid.encode() in document for uuid, document in zip(uuids, documents, strict=True))
            and (standing["state"], standing["reference"]) == ("confirmed", number),
            Sentence("vom Fachverfahren beantwortet", "answered by the Fachverfahren"),
            Sentence("nicht die Antworten, die gegeben wurden", "not the answers that were given"),
        )

    async def _replies(self, submission: str, count: int) -> list[dict[str, Any]]:
        """What the portal finds, as soon as it is that much."""
        async with asyncio.timeout(_PATIENCE):
            while len(replies := await self._portal.replies(submission)) < count:  # noqa: ASYNC110 - asked from afar
                await asyncio.sleep(_GLANCE)
        return replies

    async def _ledger(self) -> None:
        self._tell.chapter(
            Sentence("Das Kassenbuch", "The ledger"),
            Sentence(
                "Zwei Bücher des Journals, und daneben die der Fachverfahren selbst.",
                "Two books of the journal, and beside them those of the Fachverfahren.",
            ),
        )
        books = await self._sandbox.running.journal.ledger()
        for told, count in (
            (Sentence("empfangen", "received"), books.received),
            (Sentence("  zurückgewiesen", "  rejected"), books.rejected),
            (Sentence("  unterwegs", "  in flight"), books.in_flight),
            (Sentence("  Klärfälle", "  parked"), books.parked),
            (Sentence("  abgeschlossen", "  concluded"), books.concluded),
        ):
            self._tell.line(f"{self._tell.words(told):<18}{count:>3}")
        accepted, rejected = len(self._accepted), self._rejected
        found = (books.received, books.rejected, books.in_flight, books.parked, books.concluded)
        self._tell.expect(
            books.imbalance == 0 and found == (accepted + rejected, rejected, 0, 0, accepted),
            Sentence("beide Bücher stimmen überein", "both books agree"),
            Sentence("die Bücher stimmen nicht überein", "the books do not agree"),
        )
        self._compare_with_simulators()

    def _compare_with_simulators(self) -> None:
        taken = Counter((lane, one) for lane, book in self._sandbox.books().items() for one in book)
        accepted = Counter((lane, one) for one, lane in self._accepted.items())
        self._tell.expect(
            taken == accepted,
            Sentence(
                f"die Fachverfahren haben {taken.total()} Einreichungen, jede genau einmal",
                f"the Fachverfahren have {taken.total()} submissions, each exactly once",
            ),
            Sentence(
                f"den Fachverfahren fehlen {(accepted - taken).total()}, {(taken - accepted).total()} sind zu viel",
                f"the Fachverfahren miss {(accepted - taken).total()}, {(taken - accepted).total()} are too many",
            ),
        )

    # ── what chapters do ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _deliver(self, antrag: Antrag, seeing: Callable[[Step], None] = lambda _: None) -> str:
        """Send it and follow it to the Fachverfahren; its id, empty where it was not accepted."""
        self._tell.line(self._headline(antrag))
        answer = await self._portal.submit(antrag.document, antrag.enclosed)
        if not answer.taken:
            self._tell.surprise(_problem(answer))
            return ""
        self._accepted[answer.submission] = _lane(antrag)
        steps: list[Step] = []
        try:
            async for step in self._portal.follow(answer.submission, _PATIENCE):
                self._tell.step(step.told)
                steps.append(step)
                seeing(step)
            unharmed = await self._arrived_unharmed(answer.submission, antrag)
        except TimeoutError:
            unharmed = False
        self._tell.expect(
            unharmed and steps[-1].state in (State.DELIVERED, State.CONFIRMED),
            self._tell.duration(_between(steps)),
            Sentence("nicht unversehrt angekommen", "did not arrive unharmed"),
        )
        return answer.submission

    async def _arrived_unharmed(self, submission: str, antrag: Antrag) -> bool:
        """Whether the Fachverfahren has picked up exactly what was sent."""
        simulator = self._simulator(_lane(antrag))
        async with asyncio.timeout(_PATIENCE):
            while (taken := simulator.taken(submission)) is None:  # noqa: ASYNC110 - a Fachverfahren rings no bell
                await asyncio.sleep(_GLANCE)
        sent = {name: _sha256(content) for name, content in antrag.attachments.items()}
        return taken.document == _sha256(antrag.document) and taken.attachments == sent

    async def _refused(self, antrag: Antrag, code: str, to: str = "") -> None:
        """Send it and see it refused for this reason."""
        self._tell.line(self._headline(antrag, to))
        answer = await self._portal.submit(antrag.document, antrag.enclosed)
        self._rejected += int(answer.status == 422)
        self._tell.step(f"{answer.status} {answer.body.get('code', '')}")
        self._tell.expect(
            answer.status == 422 and answer.body.get("code") == code,
            Sentence("zurückgewiesen, mit Grund", "rejected, with the reason"),
            Sentence(f"erwartet war 422 {code}", f"expected was 422 {code}"),
        )
        for finding in answer.body.get("findings", [])[:_SHOWN]:
            self._tell.detail(self._finding(finding))

    def _headline(self, antrag: Antrag, to: str = "") -> str:
        """What it is, to whom it goes, and what it brings."""
        to = antrag.found.authority.name if isinstance(antrag.found, Door) else to
        count, size = len(antrag.attachments), sum(map(len, antrag.attachments.values()))
        word = Sentence("Anlage" if count == 1 else "Anlagen", "attachment" if count == 1 else "attachments")
        large = f", {size / 1_000_000:.0f} MB" if size >= _LARGE else ""
        brings = f" ({count} {self._tell.words(word)}{large})" if count else ""
        return f"{antrag.title}{f' → {to}' if to else ''}{brings}"

    def _finding(self, finding: Mapping[str, Any]) -> str:
        line = self._tell.words(Sentence("Zeile {}", "line {}")).format(finding["line"]) if "line" in finding else ""
        return f"{line}{': ' if line else ''}{finding['text']}"

    def _simulator(self, lane: Lane) -> Simulator:
        return self._sandbox.simulators[lane]


def _lane(antrag: Antrag) -> Lane:
    return antrag.door.destination.name, antrag.reading.test


def _problem(answer: Answer) -> str:
    return f"{answer.status} {answer.body.get('detail', '')}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _between(steps: list[Step]) -> float:
    """Seconds from the first to the last."""
    if not steps:
        return 0.0
    first, last = (datetime.fromisoformat(step.at) for step in (steps[0], steps[-1]))
    return (last - first).total_seconds()
