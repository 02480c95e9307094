"""
The process in which rules run: a script of its own that knows nothing of the gateway.

It is started with `python -I worker.py MEMORY`, reads requests from its standard input and answers on its standard
output, one frame each: four bytes of length, then that many bytes.

    K key, frame of a stylesheet   compile it and keep it under the key    → frame `+`, or `-` and what is wrong with it
    J key, frame of a document     run the stylesheet of that key          → frame `+` and its lines, or `-` and a code

The engine is told to open no address. When it has warmed up, the process gives up the right to open any file or
socket at all (RLIMIT_NOFILE 0, which goes for root as well), to write one, and to use more memory than it was given.
It ends with its standard input.
"""

from __future__ import annotations

import os
import re
import resource
import struct
import sys
from typing import Any, Final

MIB: Final = 1024 * 1024
CPU_PER_FRAME: Final = 60
"""seconds after which a worker ends by itself, should nobody be left to kill it"""

_WARM_UP: Final = r"""<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text" encoding="UTF-8"/><xsl:key name="k" match="*" use="name()"/>
<xsl:template match="/">
  <xsl:value-of select="matches('Ä1', '^\p{L}\d$', 'i'), count(key('k', 'a')), compare('a', 'b'), upper-case('ß')"/>
  <xsl:value-of select="current-dateTime(), format-date(current-date(), '[D1]. [MNn] [Y0001]', 'de', (), ())"/>
  <xsl:for-each select="//*"><xsl:sort select="."/><xsl:value-of select="normalize-unicode(.)"/></xsl:for-each>
</xsl:template></xsl:stylesheet>"""
"""brings the engine to open what it opens lazily, before nothing can be opened any more"""


def main() -> None:
    receive, answer = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)  # whatever a library prints is no part of the protocol and goes into no log
    engine = Engine()
    confine(int(sys.argv[1]) * MIB)
    send(answer, b"+")
    while (request := frame(receive)) is not None:
        body = frame(receive)
        if body is None:
            return
        least = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + CPU_PER_FRAME
        resource.setrlimit(resource.RLIMIT_CPU, (least, resource.RLIM_INFINITY))
        send(answer, engine.answer(request[:1], request[1:], body))


class Engine:
    """Saxon, with every way out closed, and the stylesheets it has compiled."""

    def __init__(self) -> None:
        from saxonche import PySaxonProcessor  # noqa: PLC0415 - a missing engine is told by the exit code

        self._processor: Any = PySaxonProcessor(license=False)
        self._processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "none")
        self._processor.set_configuration_property("http://saxon.sf.net/feature/allow-external-functions", "false")
        self._compiler = self._processor.new_xslt30_processor()
        self._compiler.set_jit_compilation(False)
        self._sheets: dict[bytes, Any] = {}
        self.answer(b"K", b"", _WARM_UP.encode())
        self.answer(b"J", b"", b"<a>b<a>\xc3\xa4</a></a>")
        self._sheets.clear()

    def answer(self, kind: bytes, key: bytes, body: bytes) -> bytes:
        """Errors of the engine quote documents: of a run only the code is told, of a compilation the text."""
        try:
            text = body.decode("utf-8-sig")
            if kind == b"K":
                self._sheets[key] = self._compiler.compile_stylesheet(stylesheet_text=text, encoding="UTF-8")
                return b"+"
            node = self._processor.parse_xml(xml_text=text, encoding="UTF-8")
            lines = self._sheets[key].transform_to_string(xdm_node=node)
            return b"+" + (lines or "").encode()
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the gateway has to hear of it
            if kind == b"K":
                return b"-" + str(trouble).encode(errors="replace")[:4000]
            code = re.search(r"\b[A-Z]{4}\d{4}\b", str(trouble))
            return b"-" + (code[0] if code else "").encode()


def confine(memory: int) -> None:
    """Not the address space is limited but what is written to: the engine reserves 32 GiB of the former."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def frame(descriptor: int) -> bytes | None:
    """The next frame; None where the gateway has closed the pipe."""
    head = exactly(descriptor, 4)
    return None if head is None else exactly(descriptor, struct.unpack(">I", head)[0])


def exactly(descriptor: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(descriptor, min(size, MIB))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def send(descriptor: int, body: bytes) -> None:
    rest = memoryview(struct.pack(">I", len(body)) + body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    main()
