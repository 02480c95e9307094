"""Ways to change how a document is written: characters, references, comments, declarations, encodings."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Final

from tests.gateway.validation.mutations import Mutation, Specimen

SPELLINGS: Final[dict[str, Mutation]] = {}
"""every one of them by its name"""

_Rewrite = Callable[[str, random.Random], str | bytes | None]


def _in_writing(rewrite: _Rewrite) -> _Rewrite:
    """A change of the text; None where there is nothing to change."""

    def mutation(specimen: Specimen, dice: random.Random) -> bytes | None:
        text = specimen.document.decode().removeprefix("\ufeff")
        changed = rewrite(text, dice)
        return changed.encode() if isinstance(changed, str) else changed

    SPELLINGS[rewrite.__name__.replace("_", " ")] = mutation
    return rewrite


_TAG: Final = re.compile(r"<(?![/?!])([^\s/>]+)((?:\s[^<>]*)?)>")
_LEAF: Final = re.compile(r">([^<>&]+)</")


def _inside(match: re.Match[str], dice: random.Random, what: str) -> str:
    at = dice.randrange(match.start(1), match.end(1) + 1)
    return match.string[:at] + what + match.string[at:]


def _in_a_value(text: str, dice: random.Random, what: str) -> str | None:
    leaves = [leaf for leaf in _LEAF.finditer(text) if leaf[1].strip()]
    return _inside(dice.choice(leaves), dice, what) if leaves else None


def _behind_a_tag(text: str, dice: random.Random, what: str) -> str:
    at = dice.choice([tag.end() for tag in _TAG.finditer(text)])
    return text[:at] + what + text[at:]


def _placed(name: str, where: Callable[[str, random.Random, str], str | None], what: str) -> None:
    def rewrite(text: str, dice: random.Random) -> str | None:
        return where(text, dice, what)

    rewrite.__name__ = name
    _in_writing(rewrite)


def _before_root(text: str, dice: random.Random, what: str) -> str:
    at = next(_TAG.finditer(text)).start()
    return text[:at] + what + text[at:]


def _at_the_end(text: str, dice: random.Random, what: str) -> str:
    return text + what


def _instead_of_the_declaration(text: str, dice: random.Random, what: str) -> str:
    return what + re.sub(r"^<\?xml.*?\?>\s*", "", text, flags=re.DOTALL)


for _name, _what in (
    ("a comment", "<!-- x -->"),
    ("an instruction", "<?x y?>"),
    ("an empty cdata section", "<![CDATA[]]>"),
    ("a reference to a blank", "&#32;"),
    ("a reference to a tab", "&#9;"),
    ("a reference to a return", "&#13;"),
    ("a reference to a letter", "&#x61;"),
    ("a reference to nothing", "&nichts;"),
    ("a reference to a zero", "&#0;"),
    ("an ampersand", "&"),
    ("a control character", "\x07"),
    ("a control character of latin-1", "\x86"),
    ("a joiner", "\u200d"),
    ("no character", "\ufffe"),
    ("a combining mark", "\u0301"),
    ("a private character", "\ue000"),
    ("a character beyond the first plane", "\U00010348"),
    ("a line break", "\n"),
    ("a return and a line break", "\r\n"),
    ("a line separator", "\u2028"),
    ("the end of a cdata section", "]]>"),
):
    _placed(f"{_name} in a value", _in_a_value, _what)
    _placed(f"{_name} between elements", _behind_a_tag, _what)
for _name, _what in (("a comment", "<!-- x -->"), ("an instruction", "<?x y?>"), ("blanks", " \n"), ("a text", "x")):
    _placed(f"{_name} before the root", _before_root, _what)
    _placed(f"{_name} behind the root", _at_the_end, _what)
_placed("a document type", _before_root, "<!DOCTYPE a>")
_placed("a document type with a subset", _before_root, '<!DOCTYPE a [<!ENTITY b "c">]>')
_placed("a second root", _at_the_end, "<a/>")
for _what in (
    *("", "\ufeff", "\ufeff\ufeff", " ", '<?xml version="1.1"?>', '<?xml version="2.0"?>', '<?xml version="1.9"?>'),
    *('<?xml version="1.0" standalone="yes"?>', '<?xml version="1.0" standalone="vielleicht"?>'),
    *('<?xml version="1.0" encoding="utf8"?>', '<?xml version="1.0" encoding="US-ASCII"?>', "<?xml?>"),
    *('<?xml encoding="UTF-8" version="1.0"?>', "<?xml version='1.0' encoding='utf-8' ?>", '<?XML version="1.0"?>'),
):
    _placed(f"{_what.replace(chr(0xFEFF), 'mark ')!r} as declaration", _instead_of_the_declaration, _what)


@_in_writing
def line_ends_of_windows(text: str, dice: random.Random) -> str:
    return text.replace("\n", "\r\n")


@_in_writing
def a_value_as_cdata(text: str, dice: random.Random) -> str:
    return _LEAF.sub(lambda leaf: f"><![CDATA[{leaf[1]}]]></", text)


@_in_writing
def values_on_lines_of_their_own(text: str, dice: random.Random) -> str:
    return _LEAF.sub(lambda leaf: f">\n  {leaf[1]}\n  </", text)


@_in_writing
def letters_as_references(text: str, dice: random.Random) -> str:
    return _LEAF.sub(lambda leaf: ">" + "".join(f"&#{ord(letter)};" for letter in leaf[1]) + "</", text)


@_in_writing
def another_prefix(text: str, dice: random.Random) -> str | None:
    prefixes = sorted(set(re.findall(r"xmlns:([\w.-]+)=", text)) - {"xsi"})
    if not prefixes:
        return None
    prefix = dice.choice(prefixes)
    return re.sub(rf"(?<=[<\s/:]){re.escape(prefix)}(?=[:=])", "anders", text)


@_in_writing
def an_unknown_prefix(text: str, dice: random.Random) -> str:
    return _behind_a_tag(text, dice, "<unbekannt:a/>")


@_in_writing
def an_attribute_twice(text: str, dice: random.Random) -> str:
    tag = dice.choice(list(_TAG.finditer(text)))
    return text[: tag.end(1)] + ' a="1" a="2"' + text[tag.end(1) :]


@_in_writing
def an_attribute_without_quotes(text: str, dice: random.Random) -> str:
    tag = dice.choice(list(_TAG.finditer(text)))
    return text[: tag.end(1)] + " a=1" + text[tag.end(1) :]


@_in_writing
def a_default_namespace_of_a_sudden(text: str, dice: random.Random) -> str:
    tag = dice.choice([tag for tag in _TAG.finditer(text) if "xmlns=" not in tag[2]])
    return text[: tag.end(1)] + ' xmlns="urn:fremd"' + text[tag.end(1) :]


@_in_writing
def no_default_namespace_of_a_sudden(text: str, dice: random.Random) -> str:
    tag = dice.choice([tag for tag in _TAG.finditer(text) if "xmlns=" not in tag[2]])
    return text[: tag.end(1)] + ' xmlns=""' + text[tag.end(1) :]


@_in_writing
def a_tag_that_is_not_closed(text: str, dice: random.Random) -> str:
    return _behind_a_tag(text, dice, "<offen>")


@_in_writing
def an_early_end(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text) // 2, len(text) - 1)]


@_in_writing
def utf_16(text: str, dice: random.Random) -> bytes:
    return _instead_of_the_declaration(text, dice, '<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")


@_in_writing
def utf_16_without_declaration(text: str, dice: random.Random) -> bytes:
    return _instead_of_the_declaration(text, dice, "").encode("utf-16")


def _encoded(name: str, codec: str) -> None:
    def rewrite(text: str, dice: random.Random) -> bytes:
        declared = _instead_of_the_declaration(text, dice, f'<?xml version="1.0" encoding="{name}"?>')
        return declared.encode(codec, "xmlcharrefreplace")

    rewrite.__name__ = f"encoded as {name}"
    _in_writing(rewrite)


for _name, _codec in (
    *(("UTF-8", "utf-8-sig"), ("utf-8", "utf-8"), ("UTF8", "utf-8"), ("US-ASCII", "ascii"), ("ascii", "ascii")),
    *(("ISO-8859-1", "latin-1"), ("latin1", "latin-1"), ("iso-8859-15", "iso-8859-15"), ("windows-1252", "cp1252")),
    *(("cp1252", "cp1252"), ("UTF-16BE", "utf-16-be"), ("UTF-16LE", "utf-16-le"), ("UTF-16", "utf-16-be")),
    *(("UTF-32", "utf-32"), ("UTF-7", "utf-7"), ("IBM037", "cp037"), ("x-keine", "utf-8"), ("UTF-16", "utf-8")),
):
    _encoded(_name, _codec)


@_in_writing
def latin_1_that_says_nothing(text: str, dice: random.Random) -> bytes | None:
    plain = _instead_of_the_declaration(text, dice, "").encode("latin-1", "xmlcharrefreplace")
    return None if plain.isascii() else plain


@_in_writing
def a_byte_that_is_not_utf_8(text: str, dice: random.Random) -> bytes | None:
    changed = _in_a_value(text, dice, "\x00")
    return changed.encode().replace(b"\x00", b"\xff") if changed else None
