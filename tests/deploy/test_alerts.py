"""Who is woken, and who is not: every shipped alert fires when it should, after its time, and not before."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from gateway.events import DECLARED
from tests.conftest import ROOT
from tests.services.packages import PROMTOOL

FOLDER: Final = ROOT / "deploy" / "prometheus"
RULES: Final = (FOLDER / "rules" / "recording.yml", FOLDER / "rules" / "alerts.yml")
PAGES: Final = ROOT / "docs" / "betrieb"
ALERTS: Final = dict.fromkeys(re.findall(r"- alert: (\w+)", RULES[1].read_text(encoding="utf-8")))

DAY: Final = 24 * 60
Series = Mapping[str, str]

BROKER: Final = 'gateway_broker_connected{job="antragsgateway"}'
LETTERS: Final = 'gateway_queue_messages{queue="gateway.letters.filedrop"}'
CONSUMERS: Final = 'gateway_queue_consumers{queue="gateway.letters.filedrop"}'
OPEN: Final = 'gateway_adapter_circuit_state{adapter="filedrop",state="open"}'
WAITING: Final = 'gateway_oldest_submission_timestamp_seconds{adapter="filedrop",state="accepted"}'
DELIVERED: Final = 'gateway_stage_last_success_timestamp_seconds{adapter="filedrop",stage="deliver"}'
PARKED: Final = 'gateway_parked_submissions{adapter="filedrop",cause="adapter-bug"}'
SNAPSHOT: Final = "gateway_snapshot_timestamp_seconds"
UNPUBLISHED: Final = "gateway_outbox_unpublished_messages"
DUE: Final = "gateway_outbox_oldest_unpublished_timestamp_seconds"
CERTIFICATE: Final = 'gateway_certificate_expiry_timestamp_seconds{purpose="delivery",adapter="akdb_okkomm"}'
INTAKE: Final = 'gateway_intake_request_duration_seconds_count{channel="https",outcome="%s"}'
RECEIVED: Final = 'gateway_submissions_received_total{channel="https",service="bau",outcome="%s",test="no"}'


@dataclass(frozen=True)
class Case:
    """One alert: what goes wrong, when it has to fire, when not yet; and what looks like it and is none."""

    alert: str
    wrong: Series
    fires: int
    """minutes from the beginning"""
    fine: Series
    not_yet: int | None = None
    """minutes at which it is wrong already, and nobody is woken yet"""
    severity: str = ""
    interval: str = "1m"
    also_fine: Sequence[Series] = field(default=())


def flat(value: float, minutes: int = 120) -> str:
    """The same all the time."""
    return f"{value:g}x{minutes}"


def counting(step: float, minutes: int = 120) -> str:
    return f"0+{step:g}x{minutes}"


def jump(before: float, after: float, at: int, minutes: int = 120) -> str:
    return f"{before:g}x{at - 1} {after:g}x{minutes - at}"


CASES: Final = (
    Case("GatewayWatchdog", {}, 0, {}),
    Case(
        "GatewayDown",
        {'up{job="antragsgateway",instance="a"}': flat(0)},
        3,
        {'up{job="antragsgateway",instance="a"}': flat(0), 'up{job="antragsgateway",instance="b"}': flat(1)},
        not_yet=1,
    ),
    Case(
        "GatewaySnapshotStale",
        {"gateway_snapshot_timestamp_seconds": flat(0)},
        9,
        {"gateway_snapshot_timestamp_seconds": counting(60)},
        not_yet=6,
    ),
    Case(
        "GatewayLedgerImbalance",
        {'gateway_ledger_imbalance_submissions{service="bau"}': flat(1)},
        16,
        {'gateway_ledger_imbalance_submissions{service="bau"}': "1x10 0x100"},
        not_yet=14,
    ),
    Case(
        "GatewaySubmissionTooOld",
        {WAITING: flat(0, 800)},
        3 * DAY + 20,
        {WAITING: counting(600, 800)},
        not_yet=3 * DAY - 10,
        interval="10m",
        also_fine=({WAITING.replace("accepted", "delivered"): flat(0, 800)},),
    ),
    Case(
        "GatewayIntakeErrorBudgetBurnFast",
        {INTAKE % "accepted": counting(9), INTAKE % "failed": counting(1)},
        90,
        {INTAKE % "accepted": counting(1000), INTAKE % "failed": counting(1)},
        also_fine=({INTAKE % "accepted": "0x30 1x90", INTAKE % "failed": "0x29 3x91"},),
    ),
    Case(
        "GatewayIntakeErrorBudgetBurnSlow",
        {INTAKE % "accepted": counting(99, 800), INTAKE % "failed": counting(1, 800)},
        2 * DAY,
        {INTAKE % "accepted": counting(9_999, 800), INTAKE % "failed": counting(1, 800)},
        interval="4m",
    ),
    Case(
        "GatewayOutboxStalled",
        {UNPUBLISHED: flat(3), DUE: flat(0), BROKER: flat(1)},
        22,
        {UNPUBLISHED: flat(3), DUE: counting(60), BROKER: flat(1)},
        not_yet=14,
        also_fine=({UNPUBLISHED: flat(3), DUE: flat(0), BROKER: flat(0)},),
    ),
    Case("GatewayBrokerDisconnected", {BROKER: flat(0)}, 3, {BROKER: flat(1)}, not_yet=1),
    Case(
        "GatewayConsumerMissing",
        {LETTERS: flat(5), CONSUMERS: flat(0)},
        11,
        {LETTERS: flat(5), CONSUMERS: flat(1)},
        not_yet=9,
        also_fine=({LETTERS: flat(0), CONSUMERS: flat(0)},),
    ),
    Case(
        "GatewayQueueGrowing",
        {LETTERS: counting(10), CONSUMERS: flat(1)},
        60,
        {LETTERS: flat(500), CONSUMERS: flat(1)},
        also_fine=({LETTERS: counting(10), CONSUMERS: flat(0)},),
    ),
    Case(
        "GatewayDeadLetterUsed",
        {'gateway_queue_messages{queue="gateway.dead"}': flat(1)},
        2,
        {'gateway_queue_messages{queue="gateway.dead"}': flat(0)},
        not_yet=0,
    ),
    Case(
        "GatewayBrokerMemoryAlarm",
        {"rabbitmq_alarms_memory_used_watermark": flat(1)},
        2,
        {"rabbitmq_alarms_memory_used_watermark": flat(0)},
    ),
    Case(
        "GatewayBrokerDiskAlarm",
        {"rabbitmq_alarms_free_disk_space_watermark": flat(1)},
        2,
        {"rabbitmq_alarms_free_disk_space_watermark": flat(0)},
    ),
    Case(
        "GatewayBrokerDiskFullSoon",
        {
            "rabbitmq_disk_space_available_bytes": "100000-40x900",
            "rabbitmq_disk_space_available_limit_bytes": flat(50_000, 900),
        },
        600,
        {
            "rabbitmq_disk_space_available_bytes": flat(100_000, 900),
            "rabbitmq_disk_space_available_limit_bytes": flat(50_000, 900),
        },
    ),
    Case(
        "GatewayBrokerDescriptorsHigh",
        {"rabbitmq_process_open_fds": flat(90), "rabbitmq_process_max_fds": flat(100)},
        11,
        {"rabbitmq_process_open_fds": flat(70), "rabbitmq_process_max_fds": flat(100)},
        not_yet=9,
    ),
    Case(
        "GatewayBrokerUnroutable",
        {'gateway_publish_failures_total{adapter="filedrop",reason="unroutable"}': counting(1)},
        5,
        {'gateway_publish_failures_total{adapter="filedrop",reason="unroutable"}': flat(7)},
    ),
    Case(
        "GatewayBrokerRefuses",
        {'gateway_publish_failures_total{adapter="filedrop",reason="nack"}': counting(1)},
        20,
        {'gateway_publish_failures_total{adapter="filedrop",reason="nack"}': flat(7)},
    ),
    Case(
        "GatewayBrokerChurn",
        {"rabbitmq_connections_opened_total": counting(120)},
        30,
        {"rabbitmq_connections_opened_total": counting(6)},
    ),
    Case("GatewayAdapterCircuitOpen", {OPEN: flat(2)}, 11, {OPEN: flat(0)}, not_yet=9, also_fine=({OPEN: "1x5 0x99"},)),
    Case(
        "GatewayAdapterNoSuccess",
        {WAITING: flat(0, 900), DELIVERED: flat(0, 900), OPEN: flat(0, 900)},
        8 * 60,
        {WAITING: flat(0, 900), DELIVERED: flat(0, 900), OPEN: flat(1, 900)},
        not_yet=5 * 60,
        also_fine=({WAITING: counting(60, 900), DELIVERED: flat(0, 900), OPEN: flat(0, 900)},),
    ),
    Case(
        "GatewayParkedGrowing",
        {PARKED: jump(0, 1, 80), SNAPSHOT: flat(0)},
        90,
        {PARKED: flat(5), SNAPSHOT: flat(0)},
        not_yet=82,
        also_fine=({PARKED: jump(5, 14, 80), SNAPSHOT: flat(0)}, {PARKED: flat(5)}),
    ),
    Case(
        "GatewayParkedGrowing",
        {PARKED: jump(5, 20, 80), SNAPSHOT: flat(0)},
        90,
        {PARKED: jump(20, 5, 80), SNAPSHOT: flat(0)},
    ),
    Case(
        "GatewayRejectionSpike",
        {RECEIVED % "accepted": "0+10x1000 10000+1x40", RECEIVED % "rejected": "0x1000 0+9x40"},
        1_035 * 4,
        {RECEIVED % "accepted": counting(10, 1_100), RECEIVED % "rejected": counting(1, 1_100)},
        interval="4m",
        also_fine=({RECEIVED % "accepted": "0+1x1000 1000x40", RECEIVED % "rejected": "0x1000 0+1x40"},),
    ),
    Case(
        "GatewayValidationIncomplete",
        {'gateway_validation_incomplete_total{stage="schematron",reason="not-checked"}': jump(0, 1, 5)},
        8,
        {'gateway_validation_incomplete_total{stage="schematron",reason="not-checked"}': flat(1)},
    ),
    Case(
        "GatewayDuplicateConflict",
        {'gateway_duplicates_total{point="intake",decision="conflict"}': jump(0, 1, 5)},
        8,
        {'gateway_duplicates_total{point="intake",decision="replayed"}': counting(5)},
    ),
    *(
        Case(
            "GatewayCertificateExpires",
            {CERTIFICATE: flat(days * 86_400)},
            20,
            {CERTIFICATE: flat(better * 86_400)},
            not_yet=9,
            severity=severity,
        )
        for severity, days, better in (("info", 29, 31), ("warning", 13, 20), ("critical", 2, 5))
    ),
    Case(
        "GatewaySiteSilent",
        {'gateway_site_seen_timestamp_seconds{site="rathaus"}': flat(0)},
        45,
        {'gateway_site_seen_timestamp_seconds{site="rathaus"}': counting(60)},
        not_yet=35,
    ),
    Case(
        "GatewayRepliesInBox", {"gateway_replies_in_box": flat(1)}, 61, {"gateway_replies_in_box": flat(0)}, not_yet=59
    ),
    Case(
        "GatewayWebhookOff",
        {'gateway_webhooks{health="off"}': flat(1)},
        16,
        {'gateway_webhooks{health="off"}': flat(0), 'gateway_webhooks{health="failing"}': flat(3)},
        not_yet=14,
    ),
    Case(
        "GatewayTablesRefused", {"gateway_tables_refused": flat(1)}, 6, {"gateway_tables_refused": flat(0)}, not_yet=4
    ),
    Case(
        "GatewayReplicasDiffer",
        {
            'gateway_facts_info{instance="a",tables="1",schemas="1"}': flat(1),
            'gateway_facts_info{instance="b",tables="2",schemas="1"}': flat(1),
        },
        11,
        {
            'gateway_facts_info{instance="a",tables="1",schemas="1"}': flat(1),
            'gateway_facts_info{instance="b",tables="1",schemas="1"}': flat(1),
        },
        not_yet=9,
    ),
    Case(
        "GatewayTaskFailing",
        {'gateway_task_failures_total{task="stock"}': counting(1)},
        20,
        {'gateway_task_failures_total{task="stock"}': jump(0, 2, 5)},
    ),
    Case(
        "GatewayLogLinesLost",
        {"gateway_log_lines_lost_total": jump(0, 4, 5)},
        8,
        {"gateway_log_lines_lost_total": flat(4)},
    ),
)


def examined(case: Case) -> list[dict[str, object]]:
    """The case as promtool wants it: what is wrong, and everything that looks like it."""
    labels = f'alertname="{case.alert}",alertstate="firing"' + (f',severity="{case.severity}"' if case.severity else "")
    asked = f"count(ALERTS{{{labels}}}) > bool 0 or vector(0)"

    def at(minutes: int, fires: bool) -> dict[str, object]:
        found = [{"labels": "{}", "value": float(fires)}]
        return {"expr": asked, "eval_time": f"{minutes}m", "exp_samples": found}

    def trial(series: Series, *asks: dict[str, object]) -> dict[str, object]:
        given = [{"series": name, "values": values} for name, values in series.items()]
        return {"name": case.alert, "interval": case.interval, "input_series": given, "promql_expr_test": list(asks)}

    before = [] if case.not_yet is None else [at(case.not_yet, False)]
    quiet = [] if case.alert == "GatewayWatchdog" else [case.fine, *case.also_fine]
    return [
        trial(case.wrong, *before, at(case.fires, True)),
        *(trial(series, at(case.fires, False)) for series in quiet),
    ]


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROMTOOL.path(), *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.alert} {number}" for number, case in enumerate(CASES, 1)])
def test_an_alert_fires_when_it_should_and_not_before(case: Case, tmp_path: Path) -> None:
    """What is wrong wakes somebody after its time; what is fine, or has another cause, wakes nobody."""
    file = tmp_path / "tests.yml"  # JSON is YAML
    rules = [str(rule) for rule in RULES]
    file.write_text(
        json.dumps({"rule_files": rules, "evaluation_interval": case.interval, "tests": examined(case)}),
        encoding="utf-8",
    )

    done = promtool("test", "rules", file)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried() -> None:
    """No alert is shipped that nobody has seen fire and not fire."""
    assert {case.alert for case in CASES} == set(ALERTS)


def test_the_shipped_files_are_good() -> None:
    """Promtool has nothing against the rules or the configuration."""
    assert promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES).returncode == 0
    assert promtool("check", "config", FOLDER / "prometheus.yml").returncode == 0


def test_every_alert_has_what_somebody_woken_needs() -> None:
    """Summary, description, severity, owner, and the link to a page of its own."""
    listing = RULES[1].read_text(encoding="utf-8")
    for text in listing.split("- alert: ")[1:]:
        name = text.split()[0]
        wanted = {"severity": "(critical|warning|info)", "owner": "(betrieb|fachbetreuung)", "summary": '".+"'}
        wanted |= {
            "description": '".+"',
            "runbook_url": rf"https://gateway\.example\.org/docs/betrieb/alarme/{name}\.md",
        }
        missing = [key for key, form in wanted.items() if not re.search(rf"^ +{key}: {form}$", text, re.MULTILINE)]

        assert not missing, name


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    """Bedeutung, Auswirkung, Diagnose, Maßnahme, in this order; listed where all of them are."""
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (PAGES / "alarme").glob("*.md")}
    listed = (PAGES / "alarme.md").read_text(encoding="utf-8")

    assert pages.keys() == ALERTS.keys()
    for name, page in pages.items():
        assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["Bedeutung", "Auswirkung", "Diagnose", "Maßnahme"]
        assert f"(alarme/{name}.md)" in listed


def test_the_table_of_faults_names_alerts_that_exist() -> None:
    """Each fault that is listed leads to alerts that are shipped, by their names."""
    _, _, table = (PAGES / "alarme.md").read_text(encoding="utf-8").partition("| Störung | Alarme |")
    rows = [line for line in table.splitlines()[2:] if line.startswith("| ")]

    assert len(rows) >= 6
    assert all(named and set(named) <= set(ALERTS) for named in (re.findall(r"`(Gateway\w+)`", row) for row in rows))


def test_rules_speak_of_metrics_that_exist() -> None:
    """Every `gateway_…` in a rule is a declared family, with labels that it has."""
    known = {one.name: {label.name for label in one.labels} for one in DECLARED}
    known |= {f"{name}{end}": labels for name, labels in known.items() for end in ("_count", "_sum", "_bucket")}
    for rules in RULES:
        text = re.sub(
            r'"[^"\n]*"',
            '""',
            re.sub(r"^ +(summary|description|runbook_url):.*$", "", rules.read_text("utf-8"), flags=re.MULTILINE),
        )
        for name, selector in re.findall(r"\b(gateway_[a-z_]+)(?:\{([^}]*)\})?", text):
            labels = set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", selector)) - {"job", "instance"}
            assert name in known, name
            assert labels <= known[name], (name, labels)
