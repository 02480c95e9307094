"""Rules see the document and nothing else, whatever they try; and what they break is theirs alone."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.validation.schematron import RULES_NOT_CHECKED, Limits, RuleRunner, Rules
from gateway.validation.schematron.checks import Compiled
from gateway.validation.schematron.workers import SCRIPT
from gateway.validation.stages import Outcome, Stage
from tests.gateway.validation.schematron.conftest import schema

XSL = "http://www.w3.org/1999/XSL/Transform"


class Listener:
    """A port that anybody may call, which notes the calls and answers with XML."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/secret.xml"
        self.calls = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            with caller:
                caller.recv(1024)
                caller.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n<secret/>")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    path = tmp_path / "secret.xml"
    path.write_text("<secret/>", encoding="utf-8")
    return path


EXPRESSIONS = {
    "document": "document('{0}')",
    "doc": "doc('{0}')",
    "doc-available": "if (doc-available('{0}')) then 1 else error()",
    "unparsed-text": "unparsed-text('{0}')",
    "unparsed-text-lines": "unparsed-text-lines('{0}')",
    "json-doc": "json-doc('{0}')",
    "collection": "collection('{0}')",
    "uri-collection": "uri-collection('{0}')",
    "transform": "transform(map{{'stylesheet-location': '{0}'}})",
    "parse-xml": "parse-xml('&lt;!DOCTYPE a [&lt;!ENTITY e SYSTEM &quot;{0}&quot;&gt;]&gt;&lt;a&gt;&amp;e;&lt;/a&gt;')",
}
AT_START = "<xsl:template match='/' priority='3'>"
INSTRUCTIONS = {
    "import": "<xsl:import href='{0}'/>",
    "include": "<xsl:include href='{0}'/>",
    "result-document": f"{AT_START}<xsl:result-document href='{{0}}.new'>x</xsl:result-document></xsl:template>",
    "source-document": f"{AT_START}<xsl:source-document href='{{0}}'><x/></xsl:source-document></xsl:template>",
    "evaluate": f"{AT_START}<xsl:evaluate xpath=\"'doc(''{{0}}'')'\"/></xsl:template>",
}


def sheet(expression: str, top: str = "") -> bytes:
    seen = f"string-length(serialize(({expression}), map{{'method': 'adaptive'}})) lt 0"
    body = f'<xsl:if test="{seen}">read</xsl:if>' if expression else ""
    return (
        f"<xsl:stylesheet version='3.0' xmlns:xsl='{XSL}'>{top}<xsl:output method='text'/>"
        f"<xsl:template match='/'>{body}.</xsl:template></xsl:stylesheet>"
    ).encode()


def unseen(stylesheet: bytes) -> Rules:
    """Rules that nobody has looked at: what stands when a way around the refusals is found."""
    return Rules((Compiled("unseen.xsl", stylesheet, tuple(CHECKS)),), "0" * 64)


CHECKS = Rules.of({"r.sch": schema('<pattern><rule context="c"><assert test="1"/></rule></pattern>')}).sets[0].checks


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_the_engine_reads_no_address_and_no_file(
    runner: RuleRunner, listener: Listener, planted: Path, name: str
) -> None:
    """Even where a function slips past the refusals, no call goes out and nothing is read."""
    for target in (listener.address, planted.as_uri()):
        stage = runner.run(b"<a/>", unseen(sheet(EXPRESSIONS[name].format(target))))

        assert stage.outcome is Outcome.ERROR
    assert listener.calls == 0


@pytest.mark.parametrize("name", sorted(INSTRUCTIONS))
def test_no_instruction_reads_or_writes_a_file(
    runner: RuleRunner, listener: Listener, planted: Path, name: str
) -> None:
    """Nor do instructions: nothing is imported, included, written or evaluated."""
    for target in (listener.address, planted.as_uri()):
        stage = runner.run(b"<a/>", unseen(sheet("", INSTRUCTIONS[name].format(target))))

        assert stage.outcome is Outcome.ERROR
    assert listener.calls == 0
    assert [path.name for path in planted.parent.iterdir()] == ["secret.xml"]


@pytest.mark.parametrize("name", sorted({*EXPRESSIONS} - {"parse-xml"}))
def test_what_can_be_seen_is_refused_at_install(name: str) -> None:
    """A call of such a function, with a prefix, a namespace, blanks or a comment, and a reference to it."""
    for written in (
        EXPRESSIONS[name].format("x"),
        f"Q{{http://www.w3.org/2005/xpath-functions}}{name} (:x:) ('x')",
        f"exists(fn:{name}#1)",
    ):
        rules = {"r.sch": schema(f'<pattern><rule context="c"><assert test="{written}"/></rule></pattern>')}

        with pytest.raises(BadPackage, match=name):
            Rules.of(rules)


@pytest.mark.parametrize("name", sorted(INSTRUCTIONS))
def test_forbidden_instructions_are_refused_at_install(name: str) -> None:
    """In the author's own XSLT as in a publisher's compiled rules."""
    top = INSTRUCTIONS[name].format("x")
    source = schema(f'<ns prefix="y" uri="urn:y"/>{top}').replace(b"<schema ", f'<schema xmlns:xsl="{XSL}" '.encode())

    with pytest.raises(BadPackage, match=name):
        Rules.of({"r.sch": source})


def test_a_word_in_a_string_or_a_path_is_no_call() -> None:
    """Elements and texts may be called doc or collection."""
    test = "doc/collection[. = 'document(1)'] or $doc (: doc(1) :)"
    rules = schema(f'<let name="doc" value="1"/><pattern><rule context="c"><assert test="{test}"/></rule></pattern>')

    assert Rules.of({"r.sch": rules}).count == 1


def test_the_process_can_open_nothing_even_without_the_engines_refusal() -> None:
    """The wall of the operating system stands alone: no file, no socket, no new process's pipe."""
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import os, socket, worker; worker.confine(1 << 30)\n"
        "for attempt in (lambda: open('/etc/hostname'), socket.socket, os.pipe):\n"
        "    try: attempt()\n"
        "    except OSError as refusal: os.write(1, b'%d ' % refusal.errno)\n"
    )

    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False)

    assert done.stdout == b"24 24 24 "


def test_a_document_type_never_reaches_the_engine(runner: RuleRunner) -> None:
    """The gate for foreign XML refuses it first."""
    rules = {"r.sch": schema('<pattern><rule context="c"><assert test="1"/></rule></pattern>')}

    with pytest.raises(Exception, match=r"(?i)document type"):
        runner.run(b'<!DOCTYPE c [<!ENTITY e "x">]><c>&e;</c>', rules)


def test_an_answer_that_is_none_is_not_believed(runner: RuleRunner) -> None:
    """Rules that end early, or speak of checks and places there are not, have not passed."""
    for spoken in ("", "1 1", "99 1\n.", "0 1/7\n.", "secret\n."):
        said = spoken.replace("\n", "&#10;")
        content = sheet("", f"<xsl:template match='/' priority='3'><xsl:text>{said}</xsl:text></xsl:template>")

        assert runner.run(b"<a/>", unseen(content)).outcome is Outcome.ERROR


ENDLESS = "some $x in 1 to 1000000000, $y in 1 to 1000000000 satisfies $x + $y lt 0"
GREEDY = "count(distinct-values(for $x in 1 to 100000000 return concat('abcdefghijklmnopqrstuvwxyz', $x))) = 1"
DEEP = (
    f'<xsl:function xmlns:xsl="{XSL}" name="f:f" xmlns:f="urn:f"><xsl:param name="n"/>'
    '<xsl:sequence select="1 + f:f($n + 1)"/></xsl:function><ns prefix="f" uri="urn:f"/>'
)


def poisoned(test: str, top: str = "") -> dict[str, bytes]:
    return {"poison.sch": schema(f'{top}<pattern><rule context="a"><assert id="P" test="{test}"/></rule></pattern>')}


GOOD = {"good.sch": schema('<pattern><rule context="a"><assert id="G" test="@k"/></rule></pattern>')}


def not_checked(stage: Stage) -> bool:
    return stage.outcome is Outcome.ERROR and [each.code for each in stage.findings] == [RULES_NOT_CHECKED]


def test_rules_that_take_too_long_are_ended_and_the_next_document_is_judged() -> None:
    """The worker is killed, which is told, and another takes its place."""
    with RuleRunner(Limits(seconds=1.0, workers=1)) as runner:
        began = time.monotonic()
        stage = runner.run(b"<a/>", poisoned(ENDLESS))
        took = time.monotonic() - began
        after = RuleRunner(Limits(seconds=60, workers=1))

        assert not_checked(stage)
        assert "too long" in stage.detail.en
        assert took < 30
        assert runner.pids() == ()
        with after:
            assert after.run(b"<a/>", GOOD).outcome is Outcome.FAILED


@pytest.mark.parametrize(("test", "top"), [(GREEDY, ""), ("f:f(1) = 1", DEEP)], ids=["greedy", "deep"])
def test_rules_that_take_too_much_are_ended(test: str, top: str) -> None:
    """Memory without bound and recursion without end cost the worker, not the gateway."""
    with RuleRunner(Limits(seconds=120, memory=512, workers=1)) as runner:
        assert not_checked(runner.run(b"<a/>", poisoned(test, top)))
        assert runner.run(b"<a k='1'/>", GOOD).outcome is Outcome.PASSED


def test_a_worker_that_is_killed_is_replaced() -> None:
    """The document at hand may be lost to the checks, the one after it is judged."""
    with RuleRunner(Limits(seconds=60, workers=1)) as runner:
        assert runner.run(b"<a k='1'/>", GOOD).outcome is Outcome.PASSED
        (pid,) = runner.pids()
        os.kill(pid, signal.SIGKILL)

        assert not_checked(runner.run(b"<a k='1'/>", GOOD))
        assert runner.run(b"<a k='1'/>", GOOD).outcome is Outcome.PASSED
        assert runner.pids() != (pid,)


def test_threads_get_the_findings_of_their_own_documents() -> None:
    """Four threads on two workers: every answer is about the document it was asked for."""
    rules = Rules.of({"r.sch": schema('<pattern><rule context="b"><assert id="B" test="@k"/></rule></pattern>')})

    def ask(runner: RuleRunner, number: int) -> bool:
        wanted = number % 7
        stage = runner.run(f"<a>{'<b/>' * wanted}</a>".encode(), rules)
        return len(stage.findings) == wanted

    with RuleRunner(Limits(seconds=60, patience=120, workers=2)) as runner, ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: ask(runner, number), range(400)))

        assert all(answers)
        assert len(runner.pids()) <= 2


def test_nothing_runs_after_closing() -> None:
    """No process stays, no zombie, and whoever asks then is told that nothing was checked."""
    runner = RuleRunner(Limits(seconds=60, workers=1))
    runner.run(b"<a/>", GOOD)
    (pid,) = runner.pids()

    runner.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not_checked(runner.run(b"<a/>", GOOD))


def test_what_breaks_down_says_nothing_of_the_document(runner: RuleRunner) -> None:
    """An engine's own words quote what it chokes on; none of them is repeated."""
    stage = runner.run(b"<a>GEHEIM</a>", poisoned("xs:integer(.) = 1"))

    assert not_checked(stage)
    assert "give up" in stage.detail.en
    assert "GEHEIM" not in repr(stage)


def test_rules_that_cannot_be_used_are_not_checked(runner: RuleRunner) -> None:
    """Judging by a broken rule set says so; it neither raises nor passes."""
    assert not_checked(runner.run(b"<a/>", {"broken.sch": b"<no"}))
    assert not_checked(runner.run(b"<a/>", poisoned("1 +")))
