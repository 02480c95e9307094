"""The families of metrics: known labels, bounded values, names that Prometheus has nothing to say about."""

import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from typing import get_args, get_type_hints

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway import events
from gateway.connection import ConnectionState
from gateway.errors import AmbiguousSchema, NotChecked
from gateway.events import DECLARED, RECEIVED, REGISTRY, SNAPSHOT, Declared, Event
from gateway.events.metrics import _FAMILIES, MOST_CODES, Family, code, counter
from gateway.events.page import telemetry_page
from gateway.journal import Ignored, NoClaim
from gateway.reply import Kind
from gateway.settings import built_in
from gateway.stocktaking import snapshot_of
from gateway.submission import Grade, Severity, State
from gateway.validation import stages
from gateway.wiring import load_facts, show_at_zero
from tests.conftest import ROOT
from tests.gateway.test_stocktaking import ADAPTERS, EMPTY, tables
from tests.services.packages import PROMTOOL


def declared(name: str) -> Declared:
    return next(one for one in DECLARED if one.name == name)


def values_of(family: str, label: str) -> set[str]:
    """The closed set of values that a label of a family has."""
    return {value for one in declared(family).labels if one.name == label for value in one.values}


def literals(kind: type, field: str) -> set[str]:
    """The words that a field of a value can be."""
    return set(get_args(get_type_hints(kind)[field]))


@pytest.mark.parametrize(
    ("family", "label", "domain"),
    [
        ("gateway_submissions_in_state", "state", [*State]),
        ("gateway_land_submissions", "state", [*State]),
        ("gateway_connections", "state", [*ConnectionState]),
        ("gateway_replies_total", "kind", [*Kind]),
        ("gateway_validation_findings_total", "severity", [*Severity]),
        ("gateway_validation_incomplete_total", "reason", [NotChecked.code, AmbiguousSchema.code]),
        ("gateway_deliveries_total", "grade", [*Grade, "none"]),
        ("gateway_letters_void_total", "reason", literals(NoClaim, "because") - {"busy"}),
        ("gateway_reports_ignored_total", "reason", literals(Ignored, "because") | {"wrong-sender"}),
        (
            "gateway_validation_findings_total",
            "stage",
            [getattr(stages, name) for name in dir(stages) if name.isupper() and not name.startswith("_")]
            + ["attachments", "routing"],
        ),
    ],
)
def test_labels_say_what_the_domain_says(family: str, label: str, domain: Collection[str]) -> None:
    """A closed set of values is the set that the code it speaks of has, no more and no less."""
    assert values_of(family, label) == set(domain)


@pytest.fixture
def a_family() -> Iterator[Family]:
    """A family for one test; afterwards nobody has heard of it."""
    family = counter("gateway_of_a_test_total", "Of a test.", code("reason", "why"))
    yield family
    DECLARED.pop()
    _FAMILIES.pop()
    REGISTRY.unregister(family._metric)


def test_codes_are_bounded(a_family: Family) -> None:
    """However many codes adapters invent, a label takes so many and calls the others `other`."""
    for number in range(MOST_CODES + 50):
        a_family(f"code-{number}").inc()

    [metric] = a_family._metric.collect()
    counted = {sample.labels["reason"]: sample.value for sample in metric.samples}

    assert len(counted) == MOST_CODES + 1
    assert counted["other"] == 50


def test_a_value_outside_a_closed_set_is_other() -> None:
    """A label never says what nobody has declared, and nothing is lost from the sum."""
    before = {sample.labels["outcome"] for metric in RECEIVED._metric.collect() for sample in metric.samples}
    RECEIVED("https", "wohnsitz", "made-up", "no").inc(0)
    RECEIVED("https", "", "accepted", "no").inc(0)
    found = [sample.labels for metric in RECEIVED._metric.collect() for sample in metric.samples]

    assert {one["outcome"] for one in found} - before <= {"other", "accepted"}
    assert "none" in {one["service"] for one in found}


@pytest.fixture(scope="module")
def at_start(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What /metrics shows of a gateway that has done nothing yet."""
    settings = built_in(data=tmp_path_factory.mktemp("var"))
    show_at_zero(load_facts(settings), "gateway", "either", "worker")
    SNAPSHOT.show(snapshot_of(EMPTY, tables(), ADAPTERS))
    return generate_latest(REGISTRY).decode()


def test_combinations_are_there_from_the_start(at_start: str) -> None:
    """Adapters, services, outcomes and stages count from zero, so that a rate sees the first one."""
    for sample in (
        'gateway_submissions_received_total{channel="https",outcome="rejected",service="bau",test="no"}',
        'gateway_deliveries_total{adapter="filedrop",grade="none",outcome="unclear"}',
        'gateway_delivery_attempt_duration_seconds_bucket{adapter="akdb_okkomm",le="0.05"}',
        'gateway_validation_findings_total{schema_version="AG-Wohnsitz 1.0",service="wohnsitz",severity="error"',
        'gateway_validation_incomplete_total{reason="not-checked",stage="schematron"}',
        'gateway_publish_failures_total{adapter="filedrop",reason="nack"}',
        'gateway_duplicates_total{decision="conflict",point="intake"}',
        'gateway_adapter_info{adapter="filedrop",best_grade=',
    ):
        assert sample in at_start


def test_what_cannot_come_together_is_not_there(at_start: str) -> None:
    """No series for combinations without a meaning: a refusal has no grade, a portal's repetition no Fachverfahren."""
    assert 'grade="answered",outcome="refused"' not in at_start
    assert 'decision="already-there",point="intake"' not in at_start


def test_a_gateway_starts_with_a_bounded_number_of_series(at_start: str) -> None:
    """Room for growth, and no explosion: what one process shows before it has done anything."""
    assert len([line for line in at_start.splitlines() if not line.startswith("#")]) < 2_000


def test_promtool_has_nothing_to_say(at_start: str) -> None:
    """Names, units, types and help texts are as Prometheus wants them."""
    checked = subprocess.run(
        [PROMTOOL.path(), "check", "metrics"], input=at_start, capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_every_family_is_ours_and_declared(at_start: str) -> None:
    """One prefix, and nothing that is shown and not in the documents; the process's own numbers have their own."""
    shown = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(at_start)
    }
    names = {one.name for one in DECLARED}

    assert {name for name in shown if not name.startswith("process_")} == names
    assert all(re.fullmatch(r"gateway(_[a-z]+)+", name) for name in names)


def test_the_page_prints_what_is_declared() -> None:
    """docs/spec/telemetry.md is what the code writes, to the character: `python -m gateway.events` writes it anew."""
    page = (ROOT / "docs" / "spec" / "telemetry.md").read_text(encoding="utf-8")

    written = subprocess.run([sys.executable, "-m", "gateway.events"], capture_output=True, check=True)

    assert written.stdout.decode() == page


def test_every_event_is_on_the_page() -> None:
    """Each kind of line that the log can have is there, whichever theme it belongs to, with what it says."""
    page = telemetry_page()
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]

    assert len(kinds) > 40
    assert all(f"| `{kind.name}` |" in page for kind in kinds if kind is not Event)
