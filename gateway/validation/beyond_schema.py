"""What is looked at once a document is valid by its schema: rules, conventions, code lists, characters."""

from __future__ import annotations

from typing import Final

from gateway.errors import BadPackage, Sentence
from gateway.submission import Actor, Finding
from gateway.validation import characters, code_lists, conventions
from gateway.validation.declarations import Declarations, Sifted
from gateway.validation.packages import Package
from gateway.validation.places import Names, Paths
from gateway.validation.schematron import RULES_NOT_CHECKED, RuleRunner, Rules
from gateway.validation.stages import CHARACTERS, CODE_LISTS, CONVENTIONS, SCHEMATRON, Outcome, Stage
from gateway.xml import Document

SKIPPED: Final = tuple(Stage(name, Outcome.SKIPPED) for name in (SCHEMATRON, CONVENTIONS, CODE_LISTS, CHARACTERS))
"""the stages here, for a document that did not get so far"""


class BeyondSchema:
    """One package's further looks; shared by all threads."""

    def __init__(self, package: Package, declarations: Declarations, runner: RuleRunner) -> None:
        self._package = package
        self._declarations = declarations
        self._runner = runner
        self._rules, self._refusal = _compiled(package)

    @property
    def has_rules(self) -> bool:
        """Whether documents go through another process, which takes a while."""
        return self._refusal is not None or bool(self._rules.sets)

    def judge(self, document: Document, source: bytes, sifted: Sifted, names: Names) -> tuple[Stage, ...]:
        """
        The four stages for a document that is valid by its schema.

        `source` is what it was read from, in UTF-8; `sifted` is what of it is worth a second look; `names` are those of
        its schema.
        """
        strict, declarations, locate = self._package.strict, self._declarations, Paths(names).of

        return (
            self._by_rules(document, source),
            conventions.stage(document, self._package, declarations, locate, strict=strict),
            code_lists.stage(sifted.coded, declarations, self._package.code_lists, locate, strict=strict),
            characters.stage(document.tree, source, sifted.worded, declarations, locate, strict=strict),
        )

    def _by_rules(self, document: Document, source: bytes) -> Stage:
        if self._refusal is not None:
            return self._refusal
        if not self._rules.sets:
            return _NO_RULES
        return self._runner.run(source, self._rules, parsed=document)


_NO_RULES: Final = Stage(
    SCHEMATRON,
    Outcome.SKIPPED,
    detail=Sentence("Das Paket bringt keine Regeln mit.", "The package brings no rules."),
)


def _compiled(package: Package) -> tuple[Rules, Stage | None]:
    """The package's rules, or the stage that says why they cannot be used: such a package judges nothing."""
    try:
        return Rules.of(package.rules), None
    except BadPackage as refusal:
        found = Finding(RULES_NOT_CHECKED, refusal.detail, actor=Actor.OPERATOR)
        return Rules.of({}), Stage(SCHEMATRON, Outcome.ERROR, (found,), refusal.detail)
