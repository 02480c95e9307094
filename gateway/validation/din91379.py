"""
The characters of DIN 91379:2022-08, by datatype.

A datatype is a set of characters and of sequences: letters that Unicode has no single character for, written as a base
letter and the marks that follow it. The ranges are hexadecimal; `tests` hold them against the datatypes as published.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_A: Final = """
20 27 2C-2E 41-5A 60-7A 7E A8 B4 B7 C0-D6 D8-F6 F8-17E 187-188 18F 197 1A0-1A1 1AF-1B0 1B7 1CD-1DC 1DE-1DF 1E2-1F0
1F4-1F5 1F8-1FF 212-213 218-21B 21E-21F 227-233 259 268 292 2B9-2BA 2BE-2BF 2C8 2CC 1E02-1E03 1E06-1E07 1E0A-1E11 1E17
1E1C-1E2B 1E2F-1E37 1E3A-1E3B 1E40-1E49 1E52-1E5B 1E5E-1E63 1E6A-1E6F 1E80-1E87 1E8C-1E97 1E9E 1EA0-1EF9 2019 2021
"""
_B_ADDS: Final = "21-26 28-2B 2F-40 5B-5F 7B-7D A1-A3 A5 A7 A9-AC AE-B3 B5-B6 B9-BB BF D7 F7 20AC"
_C_ADDS: Final = "9-A D A0 A4 A6 B8 BC-BE"
_D_ADDS: Final = """
A4 A6 B8 BC-BE 192 2B0 2B3 2C6 2DC 2E2 386 388-38A 38C 38E-3A1 3A3-3CE 1D48 1D57 2018 201A 201C-201E 2020 2026 2030
2032-2033 2039-203A 2070 2074-2079 207F-2089 2122 221E 2264-2265
"""
_E_ADDS: Final = "9-A D A0 40D 410-42A 42C 42E-44A 44C 44E-44F 45D"

_MARKED: Final = {
    "300": "CFGKMPSTZcfgkmpstz",
    "301": "JjÿĪī",
    "302": "DKLMNdklmn",
    "304": "CFHKNPSTZcfhknpstzÛûḲḳṢṣṬṭỤụ",
    "306": "CMNRZcmnrzÇç",
    "307": "KUku",
    "308": "CTZczẠạỌọỤụ",
    "30B": "Aa",
    "30C": "J",
    "30D": "ēō",
    "310": "Mm",
    "315": "CKPTckptČč",
    "31B": "KTkt",
    "31B 304": "Ss",
    "323": "CPcpČč",
    "325": "LRlr",
    "325 304": "LRlr",
    "326": "CHKLNchklnŽž",
    "327": "ZzŽž",
    "328 306": "Cc",
    "331": "HSs",
    "35F 48": "K",
    "35F 68": "Kk",
}
"""What follows a letter, and the letters it may follow."""


@dataclass(frozen=True, slots=True)
class Datatype:
    """One datatype of the standard."""

    name: str
    characters: frozenset[str]
    sequences: frozenset[str]
    single: re.Pattern[str]
    """matches as far as a text has nothing but characters"""
    permitted: re.Pattern[str]
    """matches as far as a text has nothing but characters and sequences"""

    def first_stranger(self, text: str) -> str | None:
        """The first character of a text that is not in this datatype where it stands; None where all are."""
        if self.single.fullmatch(text):  # tells nearly always, and sooner than the other pattern
            return None
        matched = self.permitted.match(text)
        end = matched.end() if matched else 0
        return text[end] if end < len(text) else None


def _ranges(*texts: str) -> frozenset[str]:
    found: set[str] = set()
    for part in " ".join(texts).split():
        first, _, last = part.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


def _spelled(marks: str) -> str:
    return "".join(chr(int(mark, 16)) for mark in marks.split())


def _pattern(characters: Iterable[str]) -> re.Pattern[str]:
    """Longer marks before shorter ones and sequences before single characters, so that nothing need be tried again."""
    marked = sorted(_MARKED.items(), key=lambda item: -len(item[0]))
    sequences = "|".join(f"[{letters}]{_spelled(marks)}" for marks, letters in marked)
    return re.compile(f"(?:{sequences}|[{_escaped(characters)}])*+")


def _escaped(characters: Iterable[str]) -> str:
    return re.escape("".join(sorted(characters)))


_SEQUENCES: Final = frozenset(letter + _spelled(marks) for marks, letters in _MARKED.items() for letter in letters)


def _datatype(name: str, *texts: str) -> Datatype:
    characters = _ranges(*texts)
    single = re.compile(f"[{_escaped(characters)}]*+")
    return Datatype(name, characters, _SEQUENCES, single, _pattern(characters))


DATATYPES: Final[Mapping[str, Datatype]] = {
    one.name: one
    for one in (
        _datatype("A", _A),
        _datatype("B", _A, _B_ADDS),
        _datatype("C", _A, _B_ADDS, _C_ADDS),
        _datatype("D", _A, _B_ADDS, _D_ADDS),
        _datatype("E", _A, _B_ADDS, _D_ADDS, _E_ADDS),
    )
}
"""A names of natural persons, B places and the like, C all normative characters, D and E with others beside them."""

PLAIN: Final = frozenset(one for one in DATATYPES["C"].characters if unicodedata.is_normalized("NFC", one))
"""normative characters that are in order whatever stands beside them"""
