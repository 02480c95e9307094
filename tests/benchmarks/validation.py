"""
Verdicts beside bare lxml and beside xmlschema on the same documents, and where their time goes.

The documents are the valid examples of our own packages, the published samples of official ones, and the longest of
each package made longer by repeating what its schema lets be repeated: 1.2 to 80 KB. All three judge each document in
turns. Where no rules are involved, time is that of the processor, so that neighbours on the machine count less.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import xmlschema
from lxml import etree

from gateway.validation import Outcome, Package, Schemas, Valid, Verdict
from gateway.validation.installing import install
from gateway.validation.schematron import RuleRunner, Rules
from gateway.validation.stages import SCHEMATRON
from tests.conftest import ROOT, SHARED_DATA

OWN: Final = ROOT / "xsd"
OFFICIAL: Final = SHARED_DATA / "xoev"
INSTALLED: Final = (
    *("xoev-common", "xbau-kernmodul-1.2.2", "xbau-2.5", "xwasser-1.0.0"),
    *("xhochschule-1.2", "xbildung-1.2"),
)
LONGER: Final = (20_000, 80_000)
"""bytes that the longest document of each package is made to have"""

SMALL, LARGE = 3_000, 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A valid document, the package that judges it, and what was measured, turn by turn."""

    name: str
    content: bytes
    package: Package
    by_rules: bool
    """whether the package has Schematron rules"""
    warnings: int
    took: list[float] = field(default_factory=list)
    """seconds for a verdict"""
    bare: list[float] = field(default_factory=list)
    """seconds that lxml takes to parse and validate"""
    to_xmlschema: list[float] = field(default_factory=list)
    """how many times as long xmlschema takes"""

    @property
    def to_lxml(self) -> float:
        """The quickest of each, because all that a neighbour on the machine can do is to slow one down."""
        return min(self.bare) / min(self.took)

    @classmethod
    def of(cls, name: str, content: bytes, verdict: Valid) -> Sample:
        """What a verdict tells of it."""
        rules = next(stage for stage in verdict.stages if stage.name == SCHEMATRON)
        return cls(name, content, verdict.package, rules.outcome is not Outcome.SKIPPED, len(verdict.findings))


def measure(*, turns: int) -> Iterator[str]:
    """A line for each figure; one that says so where the official packages are not at hand."""
    if not OFFICIAL.is_dir():
        yield f"verdicts: not measured, {OFFICIAL} is not there; GATEWAY_TEST_DATA names another folder"
        return
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "store")
        store.mkdir()
        install(store, [OFFICIAL / name for name in INSTALLED])
        began = time.perf_counter()
        schemas = Schemas.load(store, OWN)
        yield (
            f"verdicts: {len(schemas.packages)} packages and {len(schemas.libraries)} libraries loaded in "
            f"{time.perf_counter() - began:.2f} s; wanted <= 3 s"
        )
        samples = list(_samples(schemas))
        _compare(schemas, samples, turns)
        yield from _to_lxml([one for one in samples if not one.by_rules])
        yield _by_rules([one for one in samples if one.by_rules])
        yield from _by_package(samples)
        yield from _to_xmlschema(samples)
        yield _explaining(samples, turns)


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _samples(schemas: Schemas) -> Iterator[Sample]:
    paths = [path for folder in ("samples", "xml") for path in sorted(OFFICIAL.glob(f"*/{folder}/*.xml"))]
    longest: dict[Package, Sample] = {}
    for path in [*sorted(OWN.glob("*/*/examples/valid/*.xml")), *paths]:
        verdict = schemas.judge(content := path.read_bytes())
        assert isinstance(verdict, Valid), path
        sample = Sample.of(path.stem, content, verdict)
        yield sample
        longest[sample.package] = max(longest.get(sample.package, sample), sample, key=lambda one: len(one.content))
    for sample in longest.values():
        for size in LONGER:
            longer = _longer(sample.content, size, schemas)
            if longer and isinstance(verdict := schemas.judge(longer), Valid):
                yield Sample.of(f"{sample.name}-{size // 1000}", longer, verdict)


def _longer(document: bytes, size: int, schemas: Schemas) -> bytes | None:
    """The document with its first repeatable part repeated until it has about this size; None where there is none."""
    for number in range(1, len(list(etree.fromstring(document).iter("*")))):
        times = (size - len(document)) // len(_repeated(document, number, 0)[1])
        if times and isinstance(schemas.judge(_repeated(document, number, 1)[0]), Valid):
            longer, _ = _repeated(document, number, times)
            if isinstance(schemas.judge(longer), Valid):
                return longer
    return None


def _repeated(document: bytes, number: int, times: int) -> tuple[bytes, bytes]:
    """The document with the element of that number so many times more, and the element."""
    root = etree.fromstring(document)
    element = list(root.iter("*"))[number]
    for _ in range(times):
        element.addnext(deepcopy(element))
    longer = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return longer, etree.tostring(element, with_tail=False)


# ── the race ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _compare(schemas: Schemas, samples: Sequence[Sample], turns: int) -> None:
    bare = {package: _bare(package) for package in {one.package for one in samples}}
    for _ in range(turns):
        gc.collect()
        for sample in samples:
            clock = time.perf_counter if sample.by_rules else time.thread_time
            schema, second = bare[sample.package]
            took = _timed(clock, partial(_verdict, schemas, sample.content), 10)
            sample.took.append(took)
            sample.bare.append(_timed(clock, partial(_validated, schema, sample.content), 10))
            sample.to_xmlschema.append(_timed(clock, partial(_decided, second, sample.content), 1) / took)


def _bare(package: Package) -> tuple[etree.XMLSchema, xmlschema.XMLSchema10]:
    """The package as both libraries understand it without us."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in package.files.items():
            Path(folder, name).write_bytes(content)
        entry = str(Path(folder, package.entry))
        return etree.XMLSchema(etree.parse(entry)), xmlschema.XMLSchema10(entry, defuse="never")


def _verdict(schemas: Schemas, document: bytes) -> Verdict:
    """As intake asks for it."""
    return schemas.glance(document) or schemas.judge(document)


def _validated(schema: etree.XMLSchema, document: bytes) -> bool:
    return schema.validate(etree.fromstring(document))


def _decided(schema: xmlschema.XMLSchema10, document: bytes) -> bool:
    tree: Any = etree.fromstring(document)
    return schema.is_valid(tree)


def _timed(clock: Callable[[], float], work: Callable[[], object], times: int) -> float:
    work()
    began = clock()
    for _ in range(times):
        work()
    return (clock() - began) / times


# ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────────────


def _to_lxml(samples: Sequence[Sample]) -> Iterator[str]:
    yield f"verdicts to bare lxml: {_spread([one.to_lxml for one in samples])}; wanted >= 0.6"
    groups = defaultdict[str, list[float]](list)
    for one in samples:
        warned = "with warnings" if one.warnings else "without warnings"
        size = len(one.content)
        about = "under 3 KB" if size < SMALL else "3 to 10 KB" if size < LARGE else "10 to 80 KB"
        groups[f"{warned}, {about}"].append(one.to_lxml)
    for group, ratios in sorted(groups.items()):
        yield f"  {group}: {_spread(ratios)}"


def _by_rules(samples: Sequence[Sample]) -> str:
    took = statistics.median(statistics.median(one.took) for one in samples)
    ratios = [one.to_lxml for one in samples]
    return f"verdicts with Schematron: {took * 1e6:.0f} µs in the middle, to bare lxml {_spread(ratios)}"


def _by_package(samples: Sequence[Sample]) -> Iterator[str]:
    """For each package of our own, where the time of a verdict goes: libxml2, rules, and everything else."""
    with RuleRunner() as runner:
        for package in sorted({one.package for one in samples if one.package.ours}, key=lambda one: one.label):
            own = [one for one in samples if one.package is package and len(one.content) < LARGE]
            rules = Rules.of(package.rules)
            whole = sum(min(one.took) for one in own)
            bare = sum(min(one.bare) for one in own)
            judged = sum(_judged(runner, rules, one.content) for one in own) if rules.sets else 0.0
            yield (
                f"  {package.label}: {whole / len(own) * 1e6:.0f} µs a document under 10 KB, of which libxml2 "
                f"{bare / whole:.0%}, rules {judged / whole:.0%}, the rest {1 - (bare + judged) / whole:.0%}"
            )


def _judged(runner: RuleRunner, rules: Rules, document: bytes) -> float:
    return min(_timed(time.perf_counter, partial(runner.run, document, rules), 10) for _ in range(5))


def _to_xmlschema(samples: Sequence[Sample]) -> Iterator[str]:
    for name, by_rules in (("", False), (", with Schematron", True)):
        ratios = [statistics.median(one.to_xmlschema) for one in samples if one.by_rules is by_rules]
        yield f"verdicts to xmlschema{name}: {_spread(ratios)} times; wanted >= 8"


def _explaining(samples: Sequence[Sample], turns: int) -> str:
    """A document of 20 KB in which fifty values are none: by packages that nobody has asked yet, and then again."""
    sample = next(one for one in samples if one.name.endswith(f"-{LONGER[0] // 1000}"))
    document = _with_faults(sample.content, 50)
    schemas = Schemas.load(OWN)
    began = time.perf_counter()
    verdict = schemas.judge(document)
    first = time.perf_counter() - began
    again = statistics.median(_timed(time.perf_counter, partial(schemas.judge, document), 1) for _ in range(turns))
    return (
        f"explaining a document with {len(verdict.findings)} errors: {again * 1e3:.0f} ms, "
        f"{first * 1e3:.0f} ms the first time; wanted <= 100 ms"
    )


def _with_faults(document: bytes, number: int) -> bytes:
    """So many values behind the head replaced by what is none where digits were."""
    root = etree.fromstring(document)
    values = [one for part in root[1:] for one in part.iter("*") if len(one) == 0 and (one.text or "")[:1].isdigit()]
    for element in values[:number]:
        element.text = "?"
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _spread(figures: Sequence[float]) -> str:
    return f"{statistics.median(figures):.2f} ({min(figures):.2f}-{max(figures):.2f}) of {len(figures)} documents"


if __name__ == "__main__":
    for line in measure(turns=3 if "--quick" in sys.argv else 9):
        print(line, flush=True)
