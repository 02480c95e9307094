"""Tens of thousands of documents on four threads, of official packages and our own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.gateway.validation.crowd import examples, mistaken, mixture
from tests.gateway.validation.mutants import installed, stock

THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Crowding:
    """What came of it."""

    documents: int
    different: int
    """documents that are told something of their own"""
    mistaken: Sequence[str]

    @property
    def good(self) -> bool:
        """Whether each document was told what belongs to it."""
        return not self.mistaken

    def __str__(self) -> str:
        told = f"{self.documents} judged, {self.different} different ones, half of them invalid"
        return "\n    ".join([f"{told}: {len(self.mistaken)} told what belongs to another", *self.mistaken[:20]])


def threads_crowded(shared_data: Path, *, documents: int) -> Crowding:
    """Judge so many documents, half of them invalid, and compare each with what it is told when it is alone."""
    dice = random.Random("crowds")
    with TemporaryDirectory(prefix="crowds-") as folder:
        schemas = installed(shared_data / "xoev", Path(folder))
        messages = examples()
        for package in schemas.packages:
            if not package.ours:
                grown = stock(package, shared_data / "xoev", grown=4).specimens
                messages += [one.document for one in grown if len(one.document) < 6_000]
        mixed = mixture(schemas, messages, dice, broken=1_000)
        found = mistaken(schemas, mixed, dice, documents=documents, invalid=0.5, threads=THREADS)
    return Crowding(documents, len(mixed.told), found)
