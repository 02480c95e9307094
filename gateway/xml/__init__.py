"""
The one gate for XML that others wrote, and the one writer of our own.

`parse` lets through what is plain XML in UTF-8 and of a bearable size, and refuses the rest with a sentence; `written`
makes a document of elements. Nothing outside this package and `gateway.validation` touches the parser beneath.
"""

from gateway.xml.document import Document
from gateway.xml.encodings import as_utf8
from gateway.xml.gate import MOST_BYTES, parse
from gateway.xml.writer import Element, written

__all__ = ["MOST_BYTES", "Document", "Element", "as_utf8", "parse", "written"]
