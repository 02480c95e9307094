"""
Who is responsible, as rules: in all places of a kind, the authority of the place answers for a service, by this law.

From the rules and the municipality directory follow `authorities.csv` and `responsibility.csv` of a whole Land. Nothing
else goes in but the Kennungen that somebody wrote into `authorities.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Final

from gateway.routing.directory import Directory, check_ars, place_in, written_csv
from gateway.routing.facts import AuthorityKind, Grade, overlap
from gateway.routing.loading import AUTHORITIES, COLUMNS, RESPONSIBILITY
from gateway.routing.regions import Region, RegionKind, Regions
from gateway.routing.strict import Section, Where, read_bytes, read_csv, read_toml

RULES: Final = "rules.toml"
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    RULES: ("names", "rule", "open"),
    "rule": ("subject", "kinds", "without_members", "areas", "law", "grade", "valid_from", "valid_until"),
    "open": ("subject", "kinds", "says"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """In these places, the authority of the place answers for the subject."""

    subject: str
    """short name of a service, or a message root with rows of its own"""
    kinds: frozenset[RegionKind]
    without_members: bool
    """not in members of a Verwaltungsgemeinschaft, which answers in their stead"""
    areas: frozenset[str]
    """only in these, by ARS; instead of kinds"""
    law: str
    grade: Grade
    valid_from: date | None
    valid_until: date | None
    where: Where

    def covers(self, region: Region, regions: Regions) -> bool:
        """Whether it holds in this place."""
        if self.areas:
            return region.ars in self.areas
        return region.kind in self.kinds and not (self.without_members and _in_a_verband(region, regions))


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What nobody has decided, or nobody here knows: shown beside the table, never filled by a guess."""

    subject: str
    kinds: frozenset[RegionKind]
    """places of these kinds have nobody for the subject, and that is known"""
    says: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The file, checked against nothing but itself."""

    names: Mapping[AuthorityKind, str]
    """what an authority is called, with `{name}` for its place"""
    rules: tuple[Rule, ...]
    open: tuple[OpenQuestion, ...]

    def admits(self, subject: str, region: Region) -> bool:
        """Whether it is known that nobody answers for this subject there."""
        return any(region.kind in it.kinds for it in self.open if it.subject == subject)


@dataclass(frozen=True, slots=True)
class Generated:
    """The two tables that follow from rules and directory."""

    authorities: Sequence[Sequence[str]]
    responsibilities: Sequence[Sequence[str]]
    files: Mapping[str, bytes] = field(repr=False)
    """the tables as files, by name; the same rules and directory are the same bytes"""


def read_rules(folder: Path) -> Rules:
    """
    The rules in a folder of routing tables.

    Raises:
        BadTables: the file is missing or breaks its form; names the line.
    """
    document = read_toml(RULES, read_bytes(folder / RULES))
    document.only(*KEYS[RULES])
    names = document.section("names")
    return Rules(
        names={_authority_kind(names, key): _name_form(names, key) for key in names.names()},
        rules=tuple(_rule(section) for section in document.sections("rule")),
        open=tuple(_open(section) for section in document.sections("open")),
    )


def read_kennungen(folder: Path) -> dict[str, str]:
    """The Kennungen in `authorities.csv`, by the authority's ARS; none where there is no such file."""
    if not (folder / AUTHORITIES).is_file():
        return {}
    rows = read_csv(AUTHORITIES, read_bytes(folder / AUTHORITIES), COLUMNS[AUTHORITIES])
    return {row.text("ars"): row.optional("kennungen") for row in rows if row.optional("kennungen")}


def generate(rules: Rules, directory: Directory, kennungen: Mapping[str, str]) -> Generated:
    """
    The tables that follow.

    Raises:
        BadTables: a rule names a place that is not there or has no authority, two rules hold for one place on the same
            day, or Kennungen belong to nobody.
    """
    regions = Regions(directory.regions)
    rows: list[tuple[str, ...]] = []
    subjects: dict[str, list[Rule]] = {}
    for rule in rules.rules:
        for ars in sorted(rule.areas):
            place_in(rule.where, ars, regions)
        subjects.setdefault(rule.subject, []).append(rule)
    responsible: set[str] = set()
    for subject, its_rules in subjects.items():
        for region in sorted(directory.regions, key=lambda one: one.ars):
            holding = [rule for rule in its_rules if rule.covers(region, regions)]
            for one, other in combinations(holding, 2):
                if overlap(one, other):
                    raise other.where.fault(
                        f"Für {subject} in {region.ars} gilt am selben Tag schon die Regel in Zeile {one.where.line}.",
                        f"For {subject} in {region.ars} the rule of line {one.where.line} holds on that day already.",
                    )
            rows.extend(_row(rule, region) for rule in holding)
            responsible.update(region.ars for _ in holding[:1])
    authorities = [_authority(rules, regions[ars], kennungen) for ars in sorted(responsible)]
    if strangers := sorted(kennungen.keys() - responsible):
        raise Where(AUTHORITIES).fault(
            f"Kennungen ohne zuständige Behörde: {', '.join(strangers)}.",
            f"Kennungen of nobody who is responsible: {', '.join(strangers)}.",
        )
    files = {
        AUTHORITIES: written_csv(COLUMNS[AUTHORITIES], authorities),
        RESPONSIBILITY: written_csv(COLUMNS[RESPONSIBILITY], rows),
    }
    return Generated(authorities, rows, files)


def _row(rule: Rule, region: Region) -> tuple[str, ...]:
    first, last = rule.valid_from, rule.valid_until
    return (
        rule.subject,
        region.ars,
        region.ars,
        rule.law,
        first.isoformat() if first else "",
        last.isoformat() if last else "",
        rule.grade.value,
    )


def _authority(rules: Rules, region: Region, kennungen: Mapping[str, str]) -> tuple[str, ...]:
    kind = AuthorityKind.of(region.kind)
    if kind is None or kind not in rules.names:
        raise Where(RULES).fault(
            f"Wie die Behörde von {region} heißt, sagt [names] nicht.", f"[names] does not say what {region} is called."
        )
    name = rules.names[kind].replace("{name}", region.name)
    return region.ars, kind.value, name, kennungen.get(region.ars, "")


def _in_a_verband(region: Region, regions: Regions) -> bool:
    return len(region.ars) == 12 and region.ars[:9] in regions


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rule(section: Section) -> Rule:
    section.only(*KEYS["rule"])
    kinds, areas = _kinds(section), frozenset(section.texts("areas")) if "areas" in section.names() else frozenset()
    if bool(kinds) == bool(areas):
        raise section.where.fault(
            "Eine Regel nennt entweder kinds oder areas.", "A rule names either kinds or areas, one of the two."
        )
    for ars in sorted(areas):
        check_ars(section.where_is("areas"), ars)
    return Rule(
        subject=section.text("subject"),
        kinds=kinds,
        without_members=section.yes("without_members"),
        areas=areas,
        law=section.text("law"),
        grade=section.one_of("grade", Grade),
        valid_from=section.day("valid_from") if "valid_from" in section.names() else None,
        valid_until=section.day("valid_until") if "valid_until" in section.names() else None,
        where=section.where,
    )


def _open(section: Section) -> OpenQuestion:
    section.only(*KEYS["open"])
    return OpenQuestion(section.text("subject"), _kinds(section), section.text("says"))


def _kinds(section: Section) -> frozenset[RegionKind]:
    if "kinds" not in section.names():
        return frozenset()
    return frozenset(_one_of(section.where_is("kinds"), text) for text in section.texts("kinds"))


def _one_of(where: Where, text: str) -> RegionKind:
    try:
        return RegionKind(text)
    except ValueError:
        allowed = ", ".join(RegionKind)
        raise where.fault(
            f"„{text}“ ist keine Art von Gebiet. Erlaubt sind: {allowed}.",
            f"“{text}” is no kind of place. Allowed are: {allowed}.",
        ) from None


def _authority_kind(names: Section, key: str) -> AuthorityKind:
    try:
        return AuthorityKind(key)
    except ValueError:
        allowed = ", ".join(AuthorityKind)
        raise names.where.fault(
            f"„{key}“ ist keine Art von Behörde. Erlaubt sind: {allowed}.",
            f"“{key}” is no kind of authority. Allowed are: {allowed}.",
        ) from None


def _name_form(names: Section, key: str) -> str:
    form = names.text(key)
    if "{name}" not in form:
        raise names.where_is(key).fault("{name} fehlt im Namen.", "{name} is missing in the name.")
    return form
