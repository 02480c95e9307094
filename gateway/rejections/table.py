"""What a table says of one standard: which code of its list stands for which of ours, and how its messages look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CODES: Final = frozenset(
    """
    wrong-encoding
    schema-invalid unknown-schema engines-disagree more-findings rule-violated rules-not-checked
    standard-mismatch message-type-mismatch kennung-malformed unknown-code unknown-code-list character-not-permitted
    attachment-missing attachment-unknown attachment-doubled attachment-changed
    unknown-service service-contradiction wrong-reader
    unknown-place place-missing place-contradiction place-too-wide
    unknown-authority not-responsible not-connected not-live
    uuid-conflict
    """.split()
)
"""Our codes for what is found in a document that could be read: those of 409 and 422, and one that judging forgives."""

FACTS: Final = frozenset(
    """
    uuid created product maker product_version standard version test
    author author_name recipient recipient_name checked_by contact
    submission message_uuid message_type message_created message_root message_sha256 message case
    list list_version statement
    """.split()
)
"""What a message may tell, by the names that tables use; `xsd/README.md` explains each."""

REASON_FACTS: Final = frozenset("code text text_with_place path line rule".split())
"""What it may tell of one reason."""


@dataclass(frozen=True, slots=True)
class CodeListName:
    """A code list, by its URI and version."""

    uri: str
    version: str


@dataclass(frozen=True, slots=True)
class Part:
    """
    One element of a message: `name` with a prefix or without, then its text, or its attributes and children.

    `text` and the values of `attributes` are `{fact}` or stand for themselves. An `optional` part is left out where a
    fact in it is not known; one for `each` reason comes once for every reason.
    """

    name: str
    text: str | None = None
    attributes: tuple[Part, ...] = ()
    parts: tuple[Part, ...] = ()
    optional: bool = False
    each: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A message of a standard: its root element and all that is in it."""

    root: Part
    prefixes: Mapping[str, str]
    """prefixes of other namespaces, with their namespaces"""

    @property
    def own_prefix(self) -> str:
        """The prefix of the package's own namespace, which is the root's."""
        return self.root.name.partition(":")[0]

    @property
    def root_name(self) -> str:
        """Local name of the root element."""
        return self.root.name.partition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How messages of these standards are turned down and acknowledged."""

    file: Path
    digest: str
    """hex SHA-256 of the file"""
    standards: tuple[str, ...]
    """names of the standards whose messages are answered like this"""
    package: str
    """the standard that has the answers: one of these, or one they share"""
    codes: CodeListName
    """the standard's own list of reasons"""
    code_of: Mapping[str, str]
    """for codes of ours, the code of that list"""
    otherwise: str
    """the code for all others; a text says what it was"""
    case: str | None = None
    """where messages keep the id of their case, for packages that do not say so themselves"""
    rejection: Form | None = None
    """None where the standard has no message for it that a gateway may send"""
    receipt: Form | None = None
    """likewise, for what was accepted"""

    def code(self, ours: str) -> str:
        """The code of the standard's list for one of ours."""
        return self.code_of.get(ours, self.otherwise)

    def own_code(self, ours: str) -> str | None:
        """The same where the list has one that means it; None where only the code for everything else is left."""
        code = self.code(ours)
        return None if code == self.otherwise else code
