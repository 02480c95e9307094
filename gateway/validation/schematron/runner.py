"""Rules over documents: the stage `schematron` of a verdict."""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from lxml import etree

from gateway.errors import BadPackage, Sentence
from gateway.submission import Actor, Finding, Severity
from gateway.validation.schematron.checks import Check, Compiled
from gateway.validation.schematron.compiler import END
from gateway.validation.schematron.places import located
from gateway.validation.schematron.rules import Rules
from gateway.validation.schematron.workers import Trouble, Worker, Workers
from gateway.validation.stages import SCHEMATRON, Outcome, Stage
from gateway.xml import MOST_BYTES, Document, parse

RULE_VIOLATED: Final = "rule-violated"
RULES_NOT_CHECKED: Final = "rules-not-checked"
X002: Final = "X002"
"""`rule-invalid` in the generic XÖV list of reasons for rejection"""

_LINE: Final = re.compile(r"(\d+) ?([\d/@t]*)")
_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule set may take for one document, and how many may run at the same time."""

    seconds: float = 5.0
    """for one document, waiting for the worker not counted"""
    compile_seconds: float = 30.0
    patience: float = 10.0
    """seconds to wait until a worker is free"""
    memory: int = 1024
    """MiB that a worker may write to"""
    workers: int = os.cpu_count() or 1
    most: int = 2 * MOST_BYTES
    """bytes of a document, where it has to be read here to be located in it"""


class RuleRunner:
    """
    Runs rules in processes of their own; safe from any thread, and blocking: some milliseconds as a rule.

    Nothing starts before the first document. Ends with `close`, or with the process.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits: Final = limits or Limits()
        self._workers: Final = Workers(self._limits.workers, self._limits.memory)
        self._known: dict[int, tuple[Mapping[str, bytes], Rules]] = {}
        atexit.register(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every worker. Whoever asks afterwards is told that the rules were not checked."""
        atexit.unregister(self.close)
        self._workers.close()

    def pids(self) -> tuple[int, ...]:
        """The processes that run at this moment."""
        return self._workers.pids()

    def run(self, document: bytes, rules: Rules | Mapping[str, bytes], *, parsed: Document | None = None) -> Stage:
        """
        What the rules say of a document that `gateway.xml.parse` has let in (`parsed`, where the caller has it).

        All rules that object are findings, in the order of rule sets and patterns. An engine that is missing, breaks
        down or runs out of time or memory is `Outcome.ERROR` with a finding of its own, never a pass. Raises what
        `parse` raises.
        """
        try:
            compiled = self._compiled(rules)
        except BadPackage as refusal:
            return _not_checked(refusal.detail)
        if not compiled.sets:
            return Stage(SCHEMATRON, Outcome.SKIPPED, detail=_NO_RULES)
        plain, parsed = self._plain(document, parsed)
        findings: list[Finding] = []
        for each in compiled.sets:
            if not each.checks:
                continue
            try:
                with self._workers.one(self._limits.patience) as worker:
                    lines = self._judged(worker, each, plain)
            except Trouble as trouble:
                return _not_checked(_told(each, trouble), tuple(findings))
            if lines == END:
                continue
            parsed = parsed or parse(document, most=self._limits.most)
            found = _findings(each, lines, parsed.tree)
            if found is None:
                return _not_checked(_nonsense(each), tuple(findings))
            findings += found
        failed = any(finding.severity is Severity.ERROR for finding in findings)
        return Stage(SCHEMATRON, Outcome.FAILED if failed else Outcome.PASSED, tuple(findings), _judged_by(compiled))

    def examine(self, rules: Rules | Mapping[str, bytes]) -> None:
        """Raises BadPackage with file and reason where the engine does not take a rule set."""
        compiled = rules if isinstance(rules, Rules) else Rules.of(rules)
        for each in compiled.sets:
            try:
                with self._workers.one(self._limits.patience) as worker:
                    worker.learn(_key(each), each.stylesheet, self._limits.compile_seconds)
            except Trouble as trouble:
                if trouble.kind != "refused":
                    told = _told(each, trouble)
                    raise BadPackage(told.de, told.en) from None
                reason = " ".join(trouble.told.split())
                raise BadPackage(
                    f"{each.name}: Die Regeln lassen sich nicht übersetzen: {reason}",
                    f"{each.name}: the rules do not compile: {reason}",
                ) from None

    def _compiled(self, rules: Rules | Mapping[str, bytes]) -> Rules:
        if isinstance(rules, Rules):
            return rules
        known = self._known.get(id(rules))
        if known is None or known[0] is not rules:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[id(rules)] = (rules, Rules.of(rules))
        return known[1]

    def _plain(self, document: bytes, parsed: Document | None) -> tuple[bytes, Document | None]:
        """What crosses into the worker: UTF-8 without document type and comments, as all of the gateway sees it."""
        if b"\0" not in document and (b"!" not in document or (b"<!-" not in document and b"<!D" not in document)):
            return document, parsed
        parsed = parsed or parse(document, most=self._limits.most)
        return etree.tostring(parsed.tree, encoding="utf-8"), parsed

    def _judged(self, worker: Worker, rules: Compiled, document: bytes) -> str:
        key = _key(rules)
        if not worker.knows(key):
            worker.learn(key, rules.stylesheet, self._limits.compile_seconds)
        return worker.judge(key, document, self._limits.seconds)


def _key(rules: Compiled) -> bytes:
    return bytes.fromhex(rules.digest)


def _findings(rules: Compiled, lines: str, root: etree._Element) -> list[Finding] | None:
    """None where the answer is not about these checks and this document."""
    found = []
    spoken = [line.strip() for line in lines.splitlines() if line.strip()]
    if spoken[-1:] != [END]:
        return None
    for line in spoken[:-1]:
        read = _LINE.fullmatch(line)
        if read is None or int(read[1]) >= len(rules.checks):
            return None
        place = located(root, read[2])
        if place is None:
            return None
        found.append(_finding(rules.checks[int(read[1])], *place))
    return found


def _finding(check: Check, path: str, line: int | None) -> Finding:
    return Finding(RULE_VIOLATED, check.text, severity=check.severity, path=path, line=line, xoev=X002, rule=check.rule)


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────────────────────

_NO_RULES: Final = Sentence("Das Paket bringt keine Regeln mit.", "The package brings no rules.")

_TROUBLE: Final = {
    "timeout": Sentence(
        "Die Prüfung der Regeln hat zu lange gedauert und wurde abgebrochen.",
        "Judging by the rules took too long and was ended.",
    ),
    "ended": Sentence(
        "Die Prüfung der Regeln ist abgestürzt oder brauchte zu viel Speicher.",
        "Judging by the rules broke down or needed too much memory.",
    ),
    "busy": Sentence(
        "Die Prüfung der Regeln ist überlastet. Bitte später noch einmal.",
        "Judging by the rules is overloaded. Please try again later.",
    ),
    "missing": Sentence(
        "Für Schematron-Regeln fehlt saxonche: pip install antragsgateway[schematron].",
        "Schematron rules need saxonche: pip install antragsgateway[schematron].",
    ),
    "closed": Sentence("Die Prüfung der Regeln wurde beendet.", "Judging by the rules was shut down."),
    "refused": Sentence("Die Regeln brechen ab.", "The rules give up."),
}


def _told(rules: Compiled, trouble: Trouble) -> Sentence:
    """The engine's own words may quote the document; of a run only its code is repeated."""
    what = _TROUBLE[trouble.kind]
    code = f" ({trouble.told})" if trouble.kind == "refused" and re.fullmatch(r"\w{1,40}", trouble.told) else ""
    return Sentence(f"{rules.name}: {what.de}{code}", f"{rules.name}: {what.en}{code}")


def _nonsense(rules: Compiled) -> Sentence:
    return Sentence(
        f"{rules.name}: Die Regeln antworten nicht, wie vereinbart.",
        f"{rules.name}: the rules do not answer as agreed.",
    )


def _judged_by(rules: Rules) -> Sentence:
    names = ", ".join(f"{each.name} ({len(each.checks)})" for each in rules.sets)
    return Sentence(f"{names}, SHA-256 {rules.digest}", f"{names}, SHA-256 {rules.digest}")


def _not_checked(what: Sentence, found: tuple[Finding, ...] = ()) -> Stage:
    trouble = Finding(RULES_NOT_CHECKED, what, actor=Actor.OPERATOR)
    return Stage(SCHEMATRON, Outcome.ERROR, (*found, trouble), what)
