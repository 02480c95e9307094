"""The kinds of columns that the journal's tables have: text compared byte by byte, numbers, keys that count."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

metadata: Final = MetaData()

WRITTEN: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""
Text compared byte by byte, as SQLite and Python do: whoever locks rows locks them in one order, and no index depends on
the locale of a system that will be upgraded.
"""

COUNTED: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts itself; SQLite does that for INTEGER only."""


def text(name: str, *, null: bool = False) -> Column[str]:
    """A column of text."""
    return Column(name, WRITTEN, nullable=null)


def number(name: str, *, null: bool = False) -> Column[int]:
    """A column of whole numbers."""
    return Column(name, BigInteger, nullable=null)
