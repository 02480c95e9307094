"""Many documents judged by several threads at once, and each compared with what it gets when it is alone."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Final

from gateway.submission import Finding
from gateway.validation import Schemas
from tests.conftest import ROOT

VALUE: Final = re.compile(rb"(?<=>)[^<>\s][^<>]*(?=</)")

Told = tuple[bool | None, tuple[Finding, ...]]
"""the verdict on a document and its findings, with place, line and sentences"""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Documents, and what each is told when it is alone; no two of the invalid ones are told the same."""

    valid: Sequence[bytes]
    invalid: Sequence[bytes]
    told: dict[bytes, Told]


def mixture(schemas: Schemas, messages: Sequence[bytes], dice: random.Random, *, broken: int) -> Mixture:
    """Valid messages as they are, and with one to three values broken, each in its own places."""
    told = {message: _told(schemas, message) for message in messages}
    valid = [message for message in messages if told[message][0]]
    seen: set[tuple[Finding, ...]] = set()
    invalid: list[bytes] = []
    while len(invalid) < broken:
        document = _broken(dice.choice(valid), dice)
        verdict, findings = _told(schemas, document)
        if verdict is False and findings not in seen:
            seen.add(findings)
            told[document] = verdict, findings
            invalid.append(document)
    return Mixture(valid, invalid, told)


def mistaken(
    schemas: Schemas, mixture: Mixture, dice: random.Random, *, documents: int, invalid: float, threads: int
) -> list[str]:
    """Judge so many documents, an `invalid` share of them; what was told about a document and belongs to another."""
    together = Barrier(threads)
    hands = [
        [
            dice.choice(mixture.invalid if dice.random() < invalid else mixture.valid)
            for _ in range(documents // threads)
        ]
        for _ in range(threads)
    ]

    def work(hand: list[bytes]) -> list[str]:
        together.wait()
        return [wrong for document in hand if (wrong := _wrong(mixture.told[document], _told(schemas, document)))]

    with ThreadPoolExecutor(threads) as pool:
        return [wrong for found in pool.map(work, hands) for wrong in found]


def examples() -> list[bytes]:
    """The valid examples of our own packages that are short."""
    paths = sorted(ROOT.glob("xsd/*/*/examples/valid/*.xml"))
    return [path.read_bytes() for path in paths if path.stat().st_size < 4_000]


def _told(schemas: Schemas, document: bytes) -> Told:
    verdict = schemas.judge(document)
    return verdict.valid, verdict.findings


def _wrong(alone: Told, among_others: Told) -> str:
    if alone == among_others:
        return ""
    (expected, findings), (verdict, found) = alone, among_others
    strange = len(set(found) - set(findings))
    return f"valid {expected} and {len(findings)} findings when alone, valid {verdict} and {strange} others in company"


def _broken(document: bytes, dice: random.Random) -> bytes:
    values = list(VALUE.finditer(document))
    for place in sorted(dice.sample(values, dice.randint(1, 3)), key=lambda one: one.start(), reverse=True):
        wrong = dice.choice([b"", b"<falsch/>", b"\xe2\x82\xac" * 300, b"31.02.2024", b"<!-- -->  ", b"\xc3\x97"])
        document = document[: place.start()] + wrong + document[place.end() :]
    return document
