"""The gateway's verdicts against those of a real Xerces, on thousands of mutants."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from gateway.validation import Package
from tests.gateway.validation.mutants import (
    Difference,
    Mutant,
    installed,
    ours,
    outdated,
    probed,
    questions,
    stock,
    unexplained,
    unpacked,
)
from tests.services.packages import JAVA, XERCES

PROGRAM: Final = Path(__file__).with_name("Xerces.java")

_POLICY: Final = "the gateway reads no such thing, whatever engines would make of it"
_UNIONS: Final = (
    "of a union nobody tells which type is meant, so that libxml2's word stands; XÖV has unions in GML only"
)
_ORDER: Final = (
    "libxml2 lets a moment without zone be after one with it, where nobody can know; XÖV sets no such bounds"
)
_ASTRAL: Final = "Xerces counts letters beyond the first plane twice, XML Schema does not; DIN 91379 has none"

DIFFERENCES: Final = (
    Difference("a document type.*|an instruction .*", "forbidden-xml", "valid", _POLICY),
    Difference("encoded as IBM037", "invalid", "valid", _POLICY),
    Difference(r"gMonth.*--01--.*", "invalid", "valid", "Xerces takes the form of the first edition of XML Schema"),
    Difference(r"gYear.*(more digits|123456789012.*)", "valid", "invalid", "Xerces has no years beyond 2,147,483,647"),
    Difference(r"(date|dateTime|time|gYear)\.0 .*", "valid", "invalid", _ORDER),
    Difference(r"double\.0 .*NaN.*", "valid", "invalid", "libxml2 finds NaN within any bounds"),
    Difference(r"(string|token|normalizedString)\.\d .*\U0001f600.*", "valid", "invalid", _ASTRAL),
    Difference(r"string\.1 '\U0001f600'", "invalid", "valid", _ASTRAL),
    Difference(r"token\.0 .*a\\u2028b.*", "valid", "invalid", "in patterns of Xerces no point stands for U+2028"),
    Difference(
        r"string\.5 'ẞ'", "invalid", "valid", "libxml2 does not know the capital ß, which is younger than its tables"
    ),
    Difference(r"eins-von\.\d .*", "valid", "invalid", _UNIONS),
    Difference(r"eins-von\.\d .*", "invalid", "valid", _UNIONS),
    Difference("shape <x:vorgabe> </x:vorgabe>", "undecided", "invalid", "libxml2 contradicts itself: nobody says"),
)
"""where we differ from Xerces, and leave it at that"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of asking both."""

    packages: Counter[str]
    """how many mutants of each"""
    said: Counter[str]
    explained: int
    """answers that differ for a reason we know"""
    unexplained: Sequence[str]
    outdated: Sequence[Difference]

    @property
    def good(self) -> bool:
        """Nothing differs without a reason, and no reason is left over."""
        return not self.unexplained and not self.outdated

    def __str__(self) -> str:
        asked = self.packages.total()
        told = f"{asked} documents of {len(self.packages)} packages, {self.said['valid']} of them valid: "
        told += f"{self.explained} differ as known, {len(self.unexplained)} otherwise"
        more = [*self.unexplained[:20], *(f"no longer so: {case.changes}" for case in self.outdated)]
        return "\n    ".join([told, *more])


def verdicts_compared(shared_data: Path, *, each: int, grown: int) -> Comparison:
    """At most `each` mutants of a kind and package, from `grown` messages more; and every question of the probe."""
    with TemporaryDirectory(prefix="verdicts-") as name:
        folder = Path(name)
        schemas, probe = installed(shared_data / "xoev", folder / "store"), probed(folder / "probe")
        mutants = [
            mutant
            for package in schemas.packages
            for mutant in stock(package, shared_data / "xoev", grown=grown).mutants(each)
        ]
        asked = [(mutant, schemas) for mutant in mutants] + [(one, probe) for one in questions(facets=True)]
        packages = {package.label: package for package in (*schemas.packages, *probe.packages)}
        theirs = of_xerces([mutant for mutant, _ in asked], packages, folder)
        answers = [
            (mutant, ours(by, mutant.document), other) for (mutant, by), other in zip(asked, theirs, strict=True)
        ]
    differing = sum(one != other for _, one, other in answers)
    left = unexplained(answers, DIFFERENCES)
    return Comparison(
        packages=Counter(mutant.package for mutant, _, _ in answers),
        said=Counter(one for _, one, _ in answers),
        explained=differing - len(left),
        unexplained=left,
        outdated=outdated(answers, DIFFERENCES),
    )


def of_xerces(mutants: Sequence[Mutant], packages: Mapping[str, Package], folder: Path) -> Iterator[str]:
    """What Xerces says of each, in one process; it gets the same bundles of schemas, and finds nothing else."""
    entries = {}
    for label, package in packages.items():
        place = folder / label.replace(" ", "-")
        place.mkdir()
        unpacked(package, place)
        entries[label] = place / package.entry
    asked = folder / "asked"
    with asked.open("wb") as file:
        for mutant in mutants:
            file.write(f"{entries[mutant.package]}\n{len(mutant.document)}\n".encode() + mutant.document)
    with asked.open("rb") as file:
        command = [str(JAVA.path()), "-Xmx1g", "-cp", str(XERCES.path()), str(PROGRAM)]
        answered = subprocess.run(command, stdin=file, capture_output=True, text=True, check=True)
    for line in answered.stdout.splitlines():
        yield line.partition("\t")[0]
