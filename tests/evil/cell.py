"""
A process in which documents are judged, each in a child of its own with hard limits, whose costs are measured.

`python -m tests.evil.cell` reads documents from stdin, each behind a line with its length and whether only UTF-8 will
do, and answers each with a line of JSON.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).parents[2]

CPU_SECONDS: Final = 30
MOST_MEMORY: Final = 2 << 30
"""bytes of address space beyond what the process has when it is warm; whoever wants more is refused by the system"""

REACHING_OUT: Final = ("socket.", "urllib.", "http.client.", "ftplib.", "subprocess.", "os.system", "os.posix_spawn")
"""audit events of Python; what libxml2 does, the listener of the tests hears"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a document, and what it cost."""

    verdict: bool | None
    """None where it was refused, or its child died"""
    refusal: str
    """the class of the error; `died` where the child did not come to an end"""
    codes: tuple[str, ...]
    """of the findings"""
    de: str
    """the sentence of the refusal, or of the first finding"""
    en: str
    seconds: float
    """of processor time"""
    mebibytes: float
    """that the child's memory grew at its peak"""
    reached: tuple[str, ...]
    """attempts to reach anything outside"""


class Cell:
    """The process, from the other side; to be used in a `with` block."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.evil.cell"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def judge(self, document: bytes, *, only_utf8: bool = True) -> Seen:
        """Have a document judged."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(b"%d %d\n" % (len(document), only_utf8) + document)
        asked.flush()
        told = json.loads(answers.readline())
        return Seen(**told | {"codes": tuple(told["codes"]), "reached": tuple(told["reached"])})


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Load what is judged by, get warm, and wait for documents."""
    from gateway.validation import Schemas
    from tests.evil.documents import EXAMPLE

    schemas = Schemas.load(ROOT / "xsd")
    warm = EXAMPLE.read_bytes()
    schemas.judge(warm)
    schemas.judge(warm.replace(b"<leser>", b"<leser><falsch/>"))
    gc.collect()
    gc.freeze()
    asked = sys.stdin.buffer
    while head := asked.readline():
        length, only_utf8 = map(int, head.split())
        document = asked.read(length)
        told = _apart(schemas, document, only_utf8=bool(only_utf8))
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _apart(schemas: Any, document: bytes, *, only_utf8: bool) -> dict[str, Any]:
    """Judge in a child, so that its peak of memory is the document's own, and its end is nobody else's."""
    ctypes.CDLL(None).malloc_trim(0)  # what is free already would hide what the document takes
    out, into = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(out)
            os.write(into, json.dumps(_judged(schemas, document, only_utf8=only_utf8)).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return dict(json.loads(told)) if told else dict(_DIED)


_DIED: Final[dict[str, Any]] = {
    "verdict": None,
    "refusal": "died",
    "codes": [],
    "de": "",
    "en": "",
    "seconds": 0.0,
    "mebibytes": 0.0,
    "reached": [],
}


def _judged(schemas: Any, document: bytes, *, only_utf8: bool) -> dict[str, Any]:
    from gateway.errors import GatewayError

    reached: list[str] = []
    sys.addaudithook(lambda event, _: reached.append(event) if event.startswith(REACHING_OUT) else None)
    before = _limited()
    told: dict[str, Any] = {"verdict": None, "refusal": "", "codes": [], "de": "", "en": ""}
    try:
        verdict = schemas.judge(document, only_utf8=only_utf8)
    except GatewayError as refusal:
        told |= {"refusal": type(refusal).__name__, "de": refusal.detail.de, "en": refusal.detail.en}
    else:
        told |= {"verdict": verdict.valid, "codes": [finding.code for finding in verdict.findings]}
        if verdict.findings:
            told |= {"de": verdict.findings[0].text.de, "en": verdict.findings[0].text.en}
    after = resource.getrusage(resource.RUSAGE_SELF)
    return told | {
        "seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "mebibytes": (after.ru_maxrss - before.ru_maxrss) / 1024,
        "reached": reached,
    }


def _limited() -> resource.struct_rusage:
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MOST_MEMORY, has + MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    return resource.getrusage(resource.RUSAGE_SELF)


if __name__ == "__main__":
    main()
