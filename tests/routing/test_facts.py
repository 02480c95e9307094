"""The shipped tables agree with the municipality directory, with DOMAIN's numbers, and with the shipped examples."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.routing import NoDoor, Question, RegionKind, Tables
from gateway.routing.completeness import compare
from gateway.routing.directory import read_directory, written
from gateway.routing.facts import Grade
from gateway.routing.official import read_official
from gateway.routing.rules import generate, read_kennungen, read_rules

DAY = date(2026, 11, 22)
ROOT = Path(__file__).parents[2]
EXAMPLES = [path for path in sorted(ROOT.glob("xsd/*/*/examples/valid/*.xml")) if path.parents[3].name != "ag-prozess"]
"""Anträge; what is answered to them goes another way"""
SUFFIXES = (", GKSt", ", St", ", M", " (VGem)", ", Landeshauptstadt")


def without_suffix(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def test_the_directory_is_what_the_import_makes_of_the_official_table(shipped: Path, shared_data: Path) -> None:
    """`regions.csv` was written by the command, from the table it names, and by nobody since."""
    content = (shared_data / "regions" / "gemeindeverzeichnis.csv").read_bytes()
    kept = read_directory(shipped)
    made = read_official("x", content, laender=frozenset({"09"}), source=kept.source, as_of=kept.as_of)

    assert "Destatis" in kept.source
    for name, expected in written(made).items():
        assert (shipped / name).read_bytes() == expected, name


def test_every_region_is_in_the_directory_of_destatis(tables: Tables, shared_data: Path) -> None:
    """Key, name, inhabitants and postcode are those of the official table, row by row, and none is left out."""
    with (shared_data / "regions" / "gemeindeverzeichnis.csv").open(encoding="utf-8") as file:
        official = {row["ars"]: row for row in csv.DictReader(file) if row["ars"].startswith("09")}

    for region in tables.regions:
        row, full = official[region.ars], official.get(region.ars.ljust(12, "0"))
        assert region.name == without_suffix(row["name"])
        if full:
            assert (str(region.inhabitants), region.plz, region.ags) == (full["einwohner"], full["plz"], full["ags"])
    for ars, row in official.items():
        if row["ebene"] != "verband" or row["textkennzeichen"] != "50":
            assert tables.regions.find(ars), row["name"]


def test_bavaria_is_whole(tables: Tables) -> None:
    """The numbers of DOMAIN: 2,056 Gemeinden, 25 and 29 of them cities of their own kind, 71 Landkreise, 311 VG."""
    kinds = Counter(region.kind for region in tables.regions)
    gemeinden = sum(kinds[kind] for kind in RegionKind if kind.digits == 12) - kinds[RegionKind.GEMEINDEFREI]

    assert gemeinden + kinds[RegionKind.KREISFREIE_STADT] == 2056
    assert (kinds[RegionKind.KREISFREIE_STADT], kinds[RegionKind.GROSSE_KREISSTADT]) == (25, 29)
    assert (kinds[RegionKind.LANDKREIS], kinds[RegionKind.VERWALTUNGSGEMEINSCHAFT]) == (71, 311)
    assert (kinds[RegionKind.GEMEINDEFREI], kinds[RegionKind.REGIERUNGSBEZIRK]) == (174, 7)


def test_the_tables_are_what_the_rules_say(shipped: Path) -> None:
    """Byte for byte: nobody changed the generated tables by hand, and nobody changed the rules without generating."""
    generated = generate(read_rules(shipped), read_directory(shipped), read_kennungen(shipped))

    for name, expected in generated.files.items():
        assert (shipped / name).read_bytes() == expected, name


def test_the_pairs_are_those_of_domain_but_for_what_nobody_knows(tables: Tables, shipped: Path) -> None:
    """1,385 Meldebehörden, 96 of each Kreis service, 138 of Bau less the 11 delegations that are not known: 1,800."""
    found = compare(tables, read_rules(shipped), DAY)

    assert found.good
    assert [found.pairs[name] for name in ("wohnsitz", "fuehrerschein", "aufenthalt", "waffen")] == [1385, 96, 96, 96]
    assert found.pairs["bau"] == 138 - 11
    assert sum(found.pairs[service.name] for service in tables.services) == 1811 - 11


def test_only_gemeindefreie_gebiete_are_open(tables: Tables, shipped: Path) -> None:
    """Every Gemeinde has an authority for everything; nobody is listed where nobody lives."""
    found = compare(tables, read_rules(shipped), DAY)

    assert {gap.region.kind for gap in found.gaps} == {RegionKind.GEMEINDEFREI}
    assert Counter(gap.subject for gap in found.gaps) == {"wohnsitz": 174, "genehmigungsfreistellung.anzeige.0600": 174}


def test_open_questions_are_written_down(shipped: Path) -> None:
    """What is not known is listed beside what is: the delegations, the Große Kreisstädte, the central authorities."""
    said = {(it.subject, bool(it.kinds)) for it in read_rules(shipped).open}

    assert said >= {("bau", False), ("fuehrerschein", False), ("aufenthalt", False), ("waffen", False)}
    assert said >= {("wohnsitz", True)}


def test_a_freistellung_stays_with_the_gemeinde_everywhere(tables: Tables) -> None:
    """The root has a row of its own for every Gemeinde, and it names that Gemeinde (DOMAIN, Regions)."""
    rows = {row.ars: row for row in tables.responsibilities if row.subject.startswith("genehmigungsfreistellung")}

    for region in tables.regions:
        if region.is_gemeinde and region.kind is not RegionKind.GEMEINDEFREI:
            assert rows.pop(region.ars).authority.ars == region.ars
    assert not rows


def test_only_what_domain_calls_read_is_graded_so(tables: Tables) -> None:
    """Bauaufsicht and Genehmigungsfreistellung were read in public sources; delegations and all else are assumed."""
    delegated = {("bau", "096710111111"), ("bau", "097710130130")}
    for row in tables.responsibilities:
        read = row.subject not in {"wohnsitz", "fuehrerschein", "aufenthalt", "waffen"}
        assert (row.grade is Grade.READ) == (read and (row.subject, row.ars) not in delegated), row


def test_nothing_is_invented_about_an_order(tables: Tables) -> None:
    """Order numbers, dates and offices are empty until somebody knows them."""
    for connection in tables.connections:
        assert not connection.order_number
        assert not connection.contact
        assert not connection.ordered_through
        assert (connection.order_date, connection.live_since) == (None, None)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parents[3].name}-{path.stem}")
def test_every_shipped_example_finds_an_authority(tables: Tables, path: Path) -> None:
    """The services know the roots of our own packages, and the place paths read a known place from their examples."""
    document = etree.parse(path).getroot()
    name = etree.QName(document)
    readers = document.xpath("//*[local-name()='leser']/*[local-name()='kennung']/text()")

    def place(path: str) -> str | None:
        steps = "/".join(f"*[local-name()='{step}']" for step in path.strip("/").split("/"))
        found = document.xpath(f"{'//' if path.startswith('//') else '/'}{steps}/text()")
        return str(found[0]) if isinstance(found, list) and found else None

    assert isinstance(readers, list)
    asked: dict[str, Any] = {"root": name.localname, "namespace": name.namespace, "day": DAY, "place": place}
    alone = tables.find(Question(**asked))
    with_reader = tables.find(Question(**asked, reader=str(readers[0])))

    for found in (alone, with_reader):
        assert not isinstance(found, NoDoor) or found.code == "not-connected", found.text.de
