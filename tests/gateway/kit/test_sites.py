"""Clients of the pickup door hear what they keep and what they break, by name."""

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import BadSettings
from gateway.kit.sites import RULES, Answer, Examination, Pace, Report, Ruling, Wish, booked, examine, page, read_sample
from gateway.routing import Tables
from gateway.submission import SubmissionId
from gateway.validation import Schemas
from tests.conftest import ROOT
from tests.journeys.test_a_site_with_curl import the_client

CARELESS = Path(__file__).parent / "careless.py"
SPEC = (ROOT / "docs" / "spec" / "pickup.md").read_text("utf-8")
DAY = date(2026, 1, 15)


def examined(command: Sequence[str], booked: Path, pace: Pace) -> Report:
    """The report on a client."""
    schemas = Schemas.load(ROOT / "xsd")
    data = booked.parent
    what = Examination(
        schemas=schemas,
        sample=read_sample(schemas, ROOT / "xsd", Tables.load(ROOT / "routing", data)),
        facts={"routing": ROOT / "routing", "replies": ROOT / "xsd" / "replies", "data": data},
        command=command,
        booked=booked,
        pace=pace,
        day=DAY,
    )
    return asyncio.run(examine(what, opened=lambda *_: None, told=lambda *_: None))


def answers(report: Report) -> dict[str, Answer]:
    return {one.rule: one.answer for one in report.rulings}


def test_the_specification_names_the_rules_that_are_examined() -> None:
    """Name, level and sentence of each, in the same order."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (MUST|SHOULD) \| (.+) \|$", SPEC, re.MULTILINE)

    assert rows == [(rule.name, rule.level, rule.says.en) for rule in RULES]


@pytest.mark.slow
def test_the_client_of_the_documentation_keeps_every_duty(tmp_path: Path) -> None:
    """Shell and curl meet every turn; only what they do not do at all is not tried, or not followed as advised."""
    inbox = tmp_path / "inbox"
    report = examined(
        [str(the_client(tmp_path)), "{url}", str(inbox)], inbox, Pace(patience=30.0, lease=1.0, again=1, shut=2.0)
    )

    assert report.good, [one for one in report.rulings if one.answer is Answer.BROKEN]
    assert {name for name, answer in answers(report).items() if answer is not Answer.KEPT} == {
        "forgets-no-reply",
        "renews-in-time",
        "goes-on-with-ranges",
        "says-it-is-there",
    }


@pytest.mark.slow
def test_a_careless_client_hears_of_every_fault(tmp_path: Path) -> None:
    """Each duty it breaks is named, with what was seen; the order of a case it cannot break, for it never sees both."""
    books = tmp_path / "books"
    pace = Pace(patience=2.0, lease=1.0, again=1, shut=2.0)
    report = examined([sys.executable, str(CARELESS), str(books)], books, pace)

    found = answers(report)
    assert not report.good
    assert {name for name, answer in found.items() if answer is not Answer.BROKEN} <= {"keeps-the-order"}
    assert all(one.evidence.de and one.evidence.en for one in report.rulings)


def test_books_are_read_as_a_folder_or_a_file(tmp_path: Path) -> None:
    """Files that go together are one delivery; a second name, or a second line, is a second one."""
    letter, folder, file = SubmissionId("01a2-letter"), tmp_path / "inbox", tmp_path / "books"
    folder.mkdir()
    for name in (f"{letter}.xml", f"{letter}.1.pdf", "another.xml"):
        (folder / name).touch()
    file.write_text(f"{letter}\n{letter}\nanother\n")

    assert booked(folder, letter) == 1
    (folder / f"{letter}-2.xml").touch()
    assert booked(folder, letter) == 2
    assert booked(file, letter) == 2
    assert booked(tmp_path / "none", letter) == 0


def test_a_service_without_an_example_cannot_be_examined(tmp_path: Path) -> None:
    """It is said before any client is started."""
    schemas, tables = Schemas.load(ROOT / "xsd"), Tables.load(ROOT / "routing", tmp_path)

    with pytest.raises(BadSettings):
        read_sample(schemas, ROOT / "xsd", tables, Wish(service="fischerei"))
    assert read_sample(schemas, ROOT / "xsd", tables, Wish(service="bau")).door.service.name == "bau"


def test_a_report_can_be_filed() -> None:
    """The page names client, rules and evidence in German, and carries the digest of the same report as JSON."""
    rulings = [Ruling(rule.name, Answer.KEPT, rule.says) for rule in RULES]
    report = Report(
        client="bote-1",
        version="2.4",
        agents=("Beispielclient/2.4 <b>",),
        gateway="0.1",
        day=DAY,
        requests=7,
        ended=0,
        rulings=rulings,
    )
    told = dict(report.as_json())
    digest = told.pop("digest")

    assert digest == hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    written = page(report)
    assert all(text in written for text in (digest, "bote-1 2.4", "15.01.2026", "keine Pflicht verletzt"))
    assert "<b>" not in written
    assert all(rule.name in written for rule in RULES)
