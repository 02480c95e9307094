"""`gateway connections check`, `promote`, `pause` and `resume`: a connection earns its states, each on its own."""

from pathlib import Path

import pytest

from gateway.demo.samples import PDF
from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude
from gateway.submission import Grade, State
from tests.gateway.cli.calling import ROOT, Call, Serving, a_new, in_journal, open_the_doors
from tests.gateway.drivers.journal_rig import an_entry, begin, conclude, report

KELHEIM, REGENSBURG, FREISING = "bau/09273", "bau/09375", "bau/09178"
A_TEST = ROOT / "xsd" / "ag-wohnsitz" / "1.0" / "examples" / "valid" / "augsburg-testnachricht.xml"
ORDERS = """\
service,authority,destination,state,order_number,order_date,live_since,contact
bau,09273,landkreis-kelheim-bau,live,B-1,2026-08-01,,
bau,09375,landkreis-regensburg-bau,live,B-2,2026-08-01,,
bau,09178,,ordered,B-3,2026-08-01,,
"""


@pytest.fixture
def ordered(small: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command in production, where three connections are ordered and the folders of two are there."""
    monkeypatch.setenv("GATEWAY_KIND", "production")
    Path("orders.csv").write_text(ORDERS, "utf-8")
    assert small("connections", "import", "orders.csv").code == 0
    open_the_doors(Path("var"))
    monkeypatch.delenv("GATEWAY_KIND")
    return small


def promoted(call: Call, *words: str) -> tuple[int, str]:
    heard = call("connections", "promote", *words, "--reason", "Welle 1")
    return heard.code, heard.out + heard.err


def state(call: Call, id_: str) -> str:
    [one] = call("connections", "list", id_, "--json").json
    return str(one["state"])


async def a_test_arrived(journal: SqlJournal) -> None:
    """A test message for the Landratsamt Kelheim was taken, as well as the adapter can prove it."""
    entry = an_entry(
        received_at=clock(),
        service="bau",
        authority="09273",
        destination="landkreis-kelheim-bau",
        adapter="filedrop",
        test=True,
        connection=KELHEIM,
    )
    claimed = await begin(journal, entry)
    await conclude(journal, report(claimed), Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT))


def production(work: object) -> None:
    """Do something in the journal of the working folder, whatever kind it is."""
    in_journal(Path("var"), work, kind=None)  # type: ignore[arg-type]


def test_a_connection_earns_every_state(ordered: Call) -> None:
    """From ordered to live: set up, looked at, tested end to end; the history tells who, when and why."""
    assert promoted(ordered, KELHEIM) == (0, f"✓ {KELHEIM}  bestellt → eingerichtet\n")
    code, said = promoted(ordered, KELHEIM)
    assert code == 1
    assert "Für diesen Zustellpunkt gibt es keine Vorprüfung" in said

    seen = ordered("connections", "check", KELHEIM)
    assert seen.code == 1
    assert "✓ Erreichbarkeit" in seen.out
    assert "✗ Testnachricht: es kam noch keine" in seen.out
    code, said = promoted(ordered, KELHEIM)
    assert code == 1
    assert "Die Vorprüfung war nicht gut: Testnachricht" in said

    production(a_test_arrived)
    seen = ordered("connections", "check", KELHEIM, "--json")
    assert (seen.code, seen.json[0]["good"]) == (0, True)
    assert (seen.json[0]["adapter"], seen.json[0]["schemas"]) == ("filedrop", ["AG-Bau 1.0"])
    assert promoted(ordered, KELHEIM)[0] == 0
    assert promoted(ordered, KELHEIM) == (0, f"✓ {KELHEIM}  getestet → in Betrieb\n")

    [life] = ordered("connections", "show", KELHEIM, "--json").json
    assert [step["state"] for step in life["steps"]] == ["ordered", "configured", "tested", "live"]
    assert life["liveSince"] is not None
    assert {step["reason"] for step in life["steps"][1:]} == {"Welle 1"}


def test_nothing_goes_live_without_its_states(ordered: Call) -> None:
    """`--to live` leaves no step out, and what is not set up cannot be."""
    code, said = promoted(ordered, KELHEIM, "--to", "live")
    assert (code, state(ordered, KELHEIM)) == (1, "ordered")
    assert "Auf „bestellt“ folgt nicht „in Betrieb“. Möglich ist: eingerichtet, außer Betrieb." in said
    code, said = promoted(ordered, FREISING)
    assert code == 1
    assert "Es ist kein Zustellpunkt zugeordnet" in said
    code, said = promoted(ordered, FREISING, "--destination", "nirgends")
    assert code == 2
    assert "Den Zustellpunkt „nirgends“ gibt es in destinations.toml nicht." in said
    assert promoted(ordered, FREISING, "--destination", "augsburg-bau")[0] == 0


def test_in_a_wave_each_is_judged_on_its_own(ordered: Call) -> None:
    """One that cannot go on is told, and the others go; a dry run says the same and moves nothing."""
    shown = ordered("connections", "promote", "--service", "bau", "--reason", "Welle 1", "--dry-run")
    assert state(ordered, KELHEIM) == "ordered"
    wave = ordered("connections", "promote", "--service", "bau", "--reason", "Welle 1")

    assert shown.code == wave.code == 1
    assert wave.out == shown.out.replace(" (nur gezeigt)", "")
    assert [line[0] for line in wave.out.splitlines()] == ["✗", "✓", "✓"]
    assert [state(ordered, id_) for id_ in (FREISING, KELHEIM, REGENSBURG)] == ["ordered", "configured", "configured"]


def test_a_preflight_says_what_is_missing(ordered: Call) -> None:
    """No destination; a folder that is not there; the same in English."""
    seen = ordered("connections", "check", "--state", "ordered", "--lang", "en")

    assert seen.code == 1
    assert "✗ adapter and settings: no destination is assigned to the connection" in seen.out
    assert seen.out.count("✓ schema version: certified for AG-Bau 1.0") == 2
    Path("var/fachverfahren/landkreis-kelheim-bau/eingang").rename("var/elsewhere")
    seen = ordered("connections", "check", KELHEIM)
    assert "✗ Erreichbarkeit: Betrieb: folder-missing" in seen.out


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["promote", "--reason", "x"], "Bitte Anbindungen nennen"),
        (["pause", "--reason", "x"], "Bitte Anbindungen nennen"),
        (["resume", "--reason", "x"], "Bitte Anbindungen nennen"),
        (["check"], "Bitte Anbindungen nennen"),
        (["promote", KELHEIM, "--reason", " "], "--reason braucht einen Grund"),
        (["promote", KELHEIM], "Es fehlt: --reason"),
        (["promote", KELHEIM, "--reason", "x", "--to", "offen"], "ordered, configured, tested, live"),
        (["check", KELHEIM, "--message", "nichts.xml"], "nichts.xml ist nicht lesbar: gibt es nicht."),
    ],
)
def test_nobody_moves_anything_by_a_slip(gateway: Call, words: list[str], sentence: str) -> None:
    """What is missing or wrong is told before a journal is looked for."""
    refused = gateway("connections", *words)

    assert refused.code == 2
    assert sentence in refused.err


@pytest.fixture
def guessing(tmp_path: Path, corner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All destinations lead to an adapter whose vendor's interface is only assumed."""
    site = tmp_path / "site"
    metadata = site / "guess-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: guess\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[gateway.adapters]\nguess = guess_for_tests:plugin\n")
    (site / "guess_for_tests.py").write_text(
        "from dataclasses import replace\nfrom adapters.filedrop import plugin as real\n"
        'plugin = replace(real, manifest=replace(real.manifest, name="guess", interface="assumed"))\n'
    )
    tables = tmp_path / "routing"
    tables.mkdir()
    for table in corner.iterdir():
        (tables / table.name).write_text(table.read_text("utf-8").replace('"filedrop"', '"guess"'), "utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("GATEWAY_ROUTING", str(tables))


@pytest.mark.parametrize("kind", ["sandbox", "production"])
def test_an_assumed_interface_goes_live_in_a_sandbox_only(
    guessing: None, gateway: Call, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """In production the vendor has to confirm it first, also for what was live and is to go on."""
    monkeypatch.setenv("GATEWAY_KIND", kind)
    Path("orders.csv").write_text(ORDERS, "utf-8")
    open_the_doors(Path("var"))
    gateway("connections", "import", "orders.csv")
    if kind == "production":
        promoted(gateway, KELHEIM)
        production(a_test_arrived)
        assert gateway("connections", "check", KELHEIM).code == 0
        promoted(gateway, KELHEIM)

    code, said = promoted(gateway, KELHEIM) if kind == "production" else paused_and_resumed(gateway)

    assert (code, state(gateway, KELHEIM)) == ((0, "live") if kind == "sandbox" else (1, "tested"))
    assert ("Die Schnittstelle des Herstellers ist nur angenommen" in said) == (kind == "production")


def paused_and_resumed(call: Call) -> tuple[int, str]:
    call("connections", "pause", KELHEIM, "--reason", "Umbau")
    heard = call("connections", "resume", KELHEIM, "--reason", "fertig")
    return heard.code, heard.out


def test_a_pause_is_for_what_is_live(small: Call) -> None:
    """A whole region pauses and goes on; nothing goes live for the first time by being resumed."""
    Path("orders.csv").write_text(ORDERS, "utf-8")
    small("connections", "import", "orders.csv")

    shown = small("connections", "pause", "--service", "bau", "--reason", "Umbau", "--dry-run")
    assert (shown.code, state(small, KELHEIM)) == (0, "live")
    assert small("connections", "pause", "--service", "bau", "--reason", "Umbau").code == 0
    assert [state(small, id_) for id_ in (KELHEIM, REGENSBURG, FREISING)] == ["paused", "paused", "ordered"]
    asked = small("routes", "explain", "--leistung", "99012070006000", "--ars", "09273", "--json")
    assert (asked.code, asked.json["state"]) == (0, "paused"), "the journal knows, and not the order list"
    wrong = small("connections", "resume", FREISING, "--reason", "weiter")
    assert (wrong.code, state(small, FREISING)) == (1, "ordered")
    assert small("connections", "resume", "--region", "09", "--reason", "weiter").code == 0
    assert state(small, KELHEIM) == "live"


@pytest.mark.slow
def test_a_test_message_goes_the_whole_way(served: Serving, token: str, gateway: Call, tmp_path: Path) -> None:
    """`check --message` submits it, waits for its end, and finds it; an Antrag is refused before it leaves."""
    to = ("--data", served.data, "--url", served.url, "--token", token)
    refused = gateway(
        "connections", "check", "wohnsitz/09761", "--message", A_TEST.parent / "augsburg-nebenwohnung.xml", *to
    )
    assert refused.code == 2
    assert "ist keine Testnachricht" in refused.err

    Path("bild.pdf").write_bytes(PDF)
    seen = gateway(
        *("connections", "check", "wohnsitz/09761", "--message", a_new(A_TEST, tmp_path)),
        *("--attach", "wgb-1=bild.pdf", "--json", *to),
    )

    assert (seen.code, seen.json[0]["good"]) == (0, True), seen.err
    assert "übergeben" in seen.err
