"""The processes in which rules run: few, kept as long as they behave, killed when they do not."""

from __future__ import annotations

import contextlib
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("worker.py")
MOST_SHEETS: Final = 64
"""stylesheets that a worker keeps; beyond them it starts over"""
MOST_DOCUMENTS: Final = 20_000
"""documents after which a worker starts over, whatever the engine has failed to give back by then"""
START_SECONDS: Final = 30.0
MOST_ANSWER: Final = 64 * 1024 * 1024


class Trouble(Exception):
    """Rules could not be run; `kind` says why and holds nothing of a document."""

    def __init__(self, kind: str, told: str = "") -> None:
        self.kind: Final = kind
        """`timeout`, `ended`, `busy`, `missing`, `closed`, or `refused` with what the engine said"""
        self.told: Final = told
        super().__init__(kind)


class Worker:
    """One process. Serves one caller at a time; after Trouble other than `refused` it is dead."""

    def __init__(self, memory: int) -> None:
        self._keys: set[bytes] = set()
        self._documents = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", str(SCRIPT), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: Final = self._process.stdin.fileno()
        self._out: Final = self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        try:
            self._receive(time.monotonic() + START_SECONDS)
        except Trouble:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def spent(self) -> bool:
        """Whether it has done enough, and another should take its place."""
        return self._documents >= MOST_DOCUMENTS or len(self._keys) >= MOST_SHEETS

    def knows(self, key: bytes) -> bool:
        return key in self._keys

    def learn(self, key: bytes, stylesheet: bytes, seconds: float) -> None:
        """Raises Trouble; `refused` with the engine's words where the stylesheet does not compile."""
        self._ask(b"K" + key, stylesheet, seconds)
        self._keys.add(key)

    def judge(self, key: bytes, document: bytes, seconds: float) -> str:
        """The lines of the stylesheet. Raises Trouble; `refused` with a code where the engine gave up."""
        self._documents += 1
        return self._ask(b"J" + key, document, seconds)

    def kill(self) -> None:
        """End the process, whatever it is doing, and leave no zombie."""
        with contextlib.suppress(OSError):
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _ask(self, head: bytes, body: bytes, seconds: float) -> str:
        until = time.monotonic() + seconds
        self._send(b"".join((_length(head), head, _length(body), body)), until)
        answer = self._receive(until)
        text = answer[1:].decode("utf-8", "replace")
        if answer[:1] != b"+":
            raise Trouble("refused", text)
        return text

    def _send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._in, rest) :]
            except BlockingIOError:
                self._wait(self._in, select.POLLOUT, until)
            except OSError:
                raise self._ended() from None

    def _receive(self, until: float) -> bytes:
        size = struct.unpack(">I", self._exactly(4, until))[0]
        if size > MOST_ANSWER:
            raise Trouble("ended")
        return self._exactly(size, until)

    def _exactly(self, size: int, until: float) -> bytes:
        parts = []
        while size:
            try:
                part = os.read(self._out, size)
            except BlockingIOError:
                self._wait(self._out, select.POLLIN, until)
                continue
            except OSError:
                raise self._ended() from None
            if not part:
                raise self._ended()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise Trouble("timeout")

    def _ended(self) -> Trouble:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        return Trouble("missing" if self._process.returncode == 1 and not self._keys else "ended")


class Workers:
    """A few workers, started when they are needed and handed to one caller at a time; safe from any thread."""

    def __init__(self, most: int, memory: int) -> None:
        self._most: Final = most
        self._memory: Final = memory
        self._free: list[Worker] = []
        self._all: set[Worker] = set()
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def one(self, patience: float) -> Iterator[Worker]:
        """
        A worker for this caller alone, who waits at most `patience` seconds for it.

        Raises Trouble: `busy`, `closed`, `missing` where the engine is not installed, `ended` where none starts.
        """
        if not self._places.acquire(timeout=patience):
            raise Trouble("busy")
        try:
            worker = self._take()
            try:
                yield worker
            except Trouble as trouble:
                self._give_back(worker, alive=trouble.kind == "refused")
                raise
            except BaseException:
                self._give_back(worker, alive=False)
                raise
            self._give_back(worker, alive=True)
        finally:
            self._places.release()

    def _take(self) -> Worker:
        with self._lock:
            if self._closed:
                raise Trouble("closed")
            if self._free:
                return self._free.pop()
        worker = Worker(self._memory)
        with self._lock:
            self._all.add(worker)
        return worker

    def _give_back(self, worker: Worker, *, alive: bool) -> None:
        with self._lock:
            if alive and not worker.spent and not self._closed:
                self._free.append(worker)
                return
            self._all.discard(worker)
        worker.kill()

    def pids(self) -> tuple[int, ...]:
        """The processes there are now."""
        with self._lock:
            return tuple(worker.pid for worker in self._all)

    def close(self) -> None:
        """End all workers; whoever uses one is told that it ended."""
        with self._lock:
            self._closed = True
            idle, self._free = self._free, []
            workers = list(self._all)
            self._all.clear()
        for worker in {*idle, *workers}:
            worker.kill()


def _length(part: bytes) -> bytes:
    return struct.pack(">I", len(part))
