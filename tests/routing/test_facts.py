"""The shipped tables agree with the municipality directory, with DOMAIN's numbers, and with the shipped examples."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.routing import NoDoor, Question, RegionKind, Tables
from gateway.routing.facts import Grade

DAY = date(2026, 11, 22)
ROOT = Path(__file__).parents[2]
EXAMPLES = [path for path in sorted(ROOT.glob("xsd/*/*/examples/valid/*.xml")) if path.parents[3].name != "ag-prozess"]
"""Anträge; what is answered to them goes another way"""
NO_GEMEINDE = {RegionKind.LAND, RegionKind.REGIERUNGSBEZIRK, RegionKind.LANDKREIS, RegionKind.VERWALTUNGSGEMEINSCHAFT}
SUFFIXES = (", GKSt", ", St", ", M", " (VGem)")


def without_suffix(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def test_every_region_is_in_the_directory_of_destatis(tables: Tables, shared_data: Path) -> None:
    """Key, name and inhabitants are those of the official directory; no Kreis is there in part."""
    with (shared_data / "regions" / "gemeindeverzeichnis.csv").open(encoding="utf-8") as file:
        official = {row["ars"]: row for row in csv.DictReader(file)}
    ours = {region.ars: region for region in tables.regions}

    for region in ours.values():
        row = official[region.ars]
        assert region.name == without_suffix(row["name"])
        if region.inhabitants is not None:
            assert str(region.inhabitants) == official[region.ars.ljust(12, "0")]["einwohner"]
    kreise = {ars for ars in ours if len(ars) == 5}
    for ars, row in official.items():
        if row["ebene"] == "gemeinde" and ars[:5] in kreise:
            assert tables.regions.find(ars), row["name"]


def test_every_gemeinde_has_one_authority_for_every_service(tables: Tables) -> None:
    """Nobody is left out, but for Wohnsitz in gemeindefreie Gebiete, where nobody lives."""
    for service in tables.services:
        for region in tables.regions:
            if region.kind not in NO_GEMEINDE:
                found = tables.find(Question(day=DAY, leistung=service.leistungen[0], ars=region.ars))
                responsible = len(found.authorities) if isinstance(found, NoDoor) else 1
                nobody = service.name == "wohnsitz" and region.kind is RegionKind.GEMEINDEFREI
                assert responsible == (0 if nobody else 1), (service.name, region.ars)


def test_a_freistellung_stays_with_the_gemeinde_everywhere(tables: Tables) -> None:
    """The root has a row of its own for every Gemeinde, and it names that Gemeinde (DOMAIN, Regions)."""
    rows = {row.ars: row for row in tables.responsibilities if row.subject.startswith("genehmigungsfreistellung")}

    for region in tables.regions:
        if region.kind not in {*NO_GEMEINDE, RegionKind.GEMEINDEFREI}:
            assert rows.pop(region.ars).authority.ars == region.ars
    assert not rows


def test_only_what_domain_calls_read_is_graded_so(tables: Tables) -> None:
    """Bauaufsicht and Genehmigungsfreistellung were read in public sources; all else is assumed, Alzenau included."""
    for row in tables.responsibilities:
        read = row.subject not in {"wohnsitz", "fuehrerschein", "aufenthalt", "waffen"}
        alzenau = (row.subject, row.ars) == ("bau", "096710111111")
        assert (row.grade is Grade.READ) == (read and not alzenau), row


def test_nothing_is_invented_about_an_order(tables: Tables) -> None:
    """Order numbers, dates and offices are empty until somebody knows them."""
    for connection in tables.connections:
        assert not connection.order_number
        assert not connection.contact
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
