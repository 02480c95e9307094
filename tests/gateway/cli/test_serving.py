"""`gateway serve`: started, refused, stopped."""

import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2

from tests.gateway.cli.calling import A_VALID_ONE, Call, Serving, a_new, serving, soon
from tests.gateway.cli.slow_vendor import CONCURRENCY, SlowVendor


def send(count: int, to: Serving, gateway: Call, folder: Path) -> list[str]:
    """Have so many accepted; their ids."""
    token = gateway("clients", "add", "portal-beispiel", "--data", to.data).out.strip()
    files = [a_new(A_VALID_ONE, folder) for _ in range(count)]
    assert soon(lambda: gateway("submit", files[0], "--url", to.url, "--token", token).code == 0)
    heard = gateway("submit", *files, "--url", to.url, "--token", token)
    return [line.split()[2] for line in heard.out.splitlines()]


def test_a_second_one_on_the_same_journal_is_refused(served: Serving, gateway: Call) -> None:
    """SQLite has one serving process; the sentence says what to do, and the first goes on."""
    heard = gateway("serve", "--data", served.data, "--port", "0")

    assert heard.code == 2
    assert "Ein anderer Prozess bedient das Journal" in heard.err
    assert httpx2.get(f"{served.url}/livez", trust_env=False).status_code == 200


def test_a_port_that_somebody_has_is_no_traceback(gateway: Call, tmp_path: Path) -> None:
    """The sentence names the port and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        heard = gateway("serve", "--data", tmp_path, "--port", str(port))

    assert heard.code == 2
    assert f"Port {port}, lässt sich nicht horchen" in heard.err


def test_the_kind_of_a_gateway_is_settled_for_good(gateway: Call, tmp_path: Path) -> None:
    """A sandbox's journal refuses a production gateway."""
    with serving(tmp_path) as running:
        running.stop()

    heard = gateway("serve", "--data", tmp_path, "--port", "0", "--kind", "production")

    assert heard.code == 2
    assert "„sandbox“" in heard.err


def test_sigterm_and_ctrl_c_end_it_in_peace(tmp_path: Path) -> None:
    """Either signal ends an idle gateway with 0, and the log says so."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        with serving(tmp_path) as running:
            assert running.stop(sign) == 0
            assert running.told("gateway.stopping")


def test_a_stop_waits_for_the_deliveries_that_have_begun(gateway: Call, tmp_path: Path) -> None:
    """None of them is torn off, the exit code is 0, and after the next start everything is delivered, each once."""
    data, vendor = tmp_path / "data", SlowVendor(tmp_path, tmp_path / "data")
    with serving(data, env=vendor.env) as running:
        sent = send(8, running, gateway, tmp_path)
        assert soon(lambda: len(vendor.begun) == CONCURRENCY)

        running.send(signal.SIGTERM)
        assert soon(lambda: bool(running.told("gateway.stopping")))
        vendor.go_on()
        assert soon(lambda: not running.process.alive)

    assert running.process.code == 0
    assert len(vendor.taken) >= CONCURRENCY
    assert sorted(vendor.taken) == sorted(vendor.begun)
    with serving(data, env=vendor.env):
        assert soon(lambda: sorted(vendor.taken) == sorted(sent))
    assert gateway("ledger", "--json", "--data", data).code == 0


def test_the_second_signal_ends_it_at_once(gateway: Call, tmp_path: Path) -> None:
    """Who cannot wait for a delivery that hangs sends the signal again; the submission is still in the journal."""
    data, vendor = tmp_path / "data", SlowVendor(tmp_path, tmp_path / "data")
    with serving(data, env=vendor.env) as running:
        sent = send(1, running, gateway, tmp_path)
        assert soon(lambda: vendor.begun == sent)
        running.send(signal.SIGTERM)
        assert soon(lambda: bool(running.told("gateway.stopping")))

        assert running.stop(signal.SIGTERM) == -signal.SIGTERM

    assert vendor.taken == []
    assert gateway("ledger", "--json", "--data", data).json["inFlight"] == 1


def test_while_it_stops_it_is_not_ready(gateway: Call, tmp_path: Path) -> None:
    """A stopping gateway tells the load balancer first, and serves for as long as that was given to notice."""
    with serving(tmp_path, env={"GATEWAY_STOP_WAIT": "1.5"}) as running:
        assert httpx2.get(f"{running.url}/readyz", trust_env=False).status_code == 200

        running.send(signal.SIGTERM)

        assert soon(lambda: httpx2.get(f"{running.url}/readyz", trust_env=False).status_code == 503)


def test_a_stop_keeps_nobody_waiting_for_news(gateway: Call, tmp_path: Path) -> None:
    """Who waits for a submission is answered with what is known, long before the time is up."""
    data, vendor = tmp_path / "data", SlowVendor(tmp_path, tmp_path / "data")
    with serving(data, env=vendor.env) as running, ThreadPoolExecutor(1) as elsewhere:
        token = gateway("clients", "add", "portal-wartet", "--data", data).out.strip()
        with httpx2.Client(base_url=running.url, trust_env=False, timeout=60) as portal:
            portal.headers["Authorization"] = f"Bearer {token}"
            assert soon(lambda: portal.get("/v1/services").status_code == 200)
            document = a_new(A_VALID_ONE, tmp_path).read_bytes()
            sent = portal.post("/v1/submissions", content=document, headers={"Content-Type": "application/xml"})
            path = sent.headers["location"]
            assert soon(lambda: len(vendor.begun) == 1)
            known = {"If-None-Match": portal.get(path).headers["etag"], "Prefer": "wait=30"}
            waiting = elsewhere.submit(portal.get, path, headers=known)
            time.sleep(0.3)
            assert not waiting.done()

            began = time.monotonic()
            running.send(signal.SIGTERM)
            answer = waiting.result(60)

        vendor.go_on()
        assert (answer.status_code, answer.headers["preference-applied"]) == (304, "wait=30")
        assert time.monotonic() - began < 15
        assert soon(lambda: not running.process.alive)


def test_a_parked_one_goes_on_beside_a_serving_gateway(gateway: Call, tmp_path: Path) -> None:
    """`parked retry` works on the journal of a running gateway, which delivers what was released."""
    vendor = SlowVendor(tmp_path, tmp_path)
    vendor.go_on()
    with serving(tmp_path, env=vendor.env) as running:
        [sent] = send(1, running, gateway, tmp_path)
        assert soon(lambda: vendor.taken == [sent])
        with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
            connection.execute("UPDATE submissions SET state = 'parked', concluded_at = NULL")

        gateway("parked", "retry", sent, "--reason", "noch einmal", "--data", tmp_path)

        assert soon(lambda: vendor.taken == [sent, sent])
