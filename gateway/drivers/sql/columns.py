"""
What the journal's tables are made of.

Columns are integers, text and bytes only, so that both databases give back what was put in without conversion. Flags
are 0 or 1, times are microseconds UTC.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

metadata: Final = MetaData()

Written: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""
Text compared byte by byte, as SQLite and Python do: whoever locks rows locks them in one order, and no index depends on
the locale of a system that will be upgraded.
"""

Counted: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts itself; SQLite does that for INTEGER only."""


def text(name: str, *, null: bool = False) -> Column[str]:
    """A column of text."""
    return Column(name, Written, nullable=null)


def number(name: str, *, null: bool = False) -> Column[int]:
    """A column of whole numbers: flags, counts, times."""
    return Column(name, BigInteger, nullable=null)
