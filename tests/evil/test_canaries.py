"""No sentence about a document repeats what only the document knows."""

import re
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.validation import Schemas
from tests.evil.documents import EXAMPLE

CANARY = "Xanthippe"

SCHEMAS = Schemas.load(EXAMPLE.parents[4])
EXAMPLES = [path.read_text() for path in sorted(EXAMPLE.parents[4].glob("*/*/examples/valid/*.xml"))]
TAG = re.compile(r"<(?![/?!])([\w.:]+)((?:\s[^<>]*)?)>")
LEAF = re.compile(r">([^<>]+)</")

QUOTING = [
    "{}",
    "{}, attribute '{}'",
    "Element '{}': This element is not expected. Expected is ( {} ).",
    "' is not a valid value of the atomic type '{}'.",
    "{{urn:{}}}name",
    "]]&gt;{}&lt;a&gt;",
    "{} 1985-10-26 DE00 0000 0000 0000 0000 00",
]
"""Texts that look like the parser's own words, to be taken for a name."""

texts = st.sampled_from(QUOTING).map(lambda text: text.format(*[CANARY] * text.count("{}")))
names = st.sampled_from([CANARY, f"{CANARY}.anmeldung.0100", f"familienname.{CANARY}", f"_{CANARY}-"])
attributes = texts.map(lambda text: text.replace("'", "&apos;"))


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A valid example with one to four canaries in it."""
    document = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        document = draw(st.sampled_from(MUTATIONS))(draw, document)
    return document


def _text(draw: st.DrawFn, document: str) -> str:
    leaf = draw(st.sampled_from(list(LEAF.finditer(document))))
    return document[: leaf.start(1)] + draw(texts) + document[leaf.end(1) :]


def _stray_text(draw: st.DrawFn, document: str) -> str:
    tag = draw(st.sampled_from(list(TAG.finditer(document))))
    return document[: tag.end()] + draw(texts) + document[tag.end() :]


def _attribute(draw: st.DrawFn, document: str) -> str:
    tag = draw(st.sampled_from(list(TAG.finditer(document))))
    return f"{document[: tag.end(1)]} {draw(names)}='{draw(attributes)}'{document[tag.end(1) :]}"


def _attribute_value(draw: st.DrawFn, document: str) -> str:
    value = draw(st.sampled_from(list(re.finditer(r"(?<!xmlns:w)(?<!xmlns:bau)=\"([^\"]*)\"", document))))
    return document[: value.start(1)] + draw(attributes).replace('"', "") + document[value.end(1) :]


def _child(draw: st.DrawFn, document: str) -> str:
    tag = draw(st.sampled_from(list(TAG.finditer(document))))
    child = f"<{draw(names)} xmlns='urn:{CANARY}'>{draw(texts)}</"
    return document[: tag.end()] + child + child[1:].split(maxsplit=1)[0] + ">" + document[tag.end() :]


def _renamed(draw: st.DrawFn, document: str) -> str:
    name = draw(st.sampled_from(sorted({tag[1] for tag in TAG.finditer(document)})))
    other = draw(names)
    return re.sub(rf"(</?){re.escape(name)}(?=[\s>])", rf"\g<1>{other}", document)


def _namespace(_draw: st.DrawFn, document: str) -> str:
    return document.replace("urn:antragsgateway", f"urn:{CANARY}", 1)


def _typed(draw: st.DrawFn, document: str) -> str:
    tag = draw(st.sampled_from(list(TAG.finditer(document))))
    typed = f" xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='{CANARY}'"
    return document[: tag.end(1)] + typed + document[tag.end(1) :]


def _broken(draw: st.DrawFn, document: str) -> str:
    tag = draw(st.sampled_from(list(TAG.finditer(document))))
    broken = draw(st.sampled_from([f"<{CANARY}>", f"&{CANARY};", f"<{CANARY}:a/>", f"<{CANARY}"]))
    return document[: tag.end()] + broken + document[tag.end() :]


MUTATIONS = [_text, _stray_text, _attribute, _attribute_value, _child, _renamed, _namespace, _typed, _broken]


@given(mutants())
def test_findings_repeat_nothing(document: str) -> None:
    """Whatever stands in a document, as text, name, value or namespace: findings and errors say nothing of it."""
    assert CANARY in document
    assert CANARY not in said_about(document)


def said_about(document: str) -> str:
    """Everything that anybody is told about a document."""
    try:
        return repr([asdict(finding) for finding in SCHEMAS.judge(document.encode()).findings])
    except GatewayError as refusal:
        return repr((refusal.detail, str(refusal), refusal.args))
