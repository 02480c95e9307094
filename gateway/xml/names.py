"""
The parser's memory for names, and how to make it forget.

libxml2 keeps every element, attribute and namespace name it meets in a dictionary, and lxml shares one such dictionary
among all parsers of a thread for as long as the thread lives. That is a good bargain with documents that use the same
few hundred names. A sender who invents new names in every document makes the process grow by 2.7 bytes for each byte
sent (measured with lxml 6.1, libxml2 2.14), and nothing gives that back before the thread ends; here it is the thread
of the event loop. So after a fixed amount of XML the dictionary is dropped, and the next parser starts a new one.

lxml has no call for that. It holds the dictionary in the thread's state under a private key, reference-counted, so that
documents and parsers that still use it stay whole; where a later lxml keeps it elsewhere, forgetting does nothing, and
`tests/evil` notices.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

_KEY: Final = "_ParserDictionaryContext"

_thread_state = ctypes.pythonapi.PyThreadState_GetDict
_thread_state.restype = ctypes.c_void_p  # a borrowed reference: as py_object, ctypes would release what it does not own


def forget() -> None:
    """Drop this thread's dictionary; parsers made before keep the old one, so make a new parser afterwards."""
    state: dict[str, Any] = ctypes.cast(_thread_state(), ctypes.py_object).value
    state.pop(_KEY, None)
