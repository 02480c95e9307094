"""What the journal's tables are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text
from sqlalchemy.sql import ColumnElement

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
    """A column of whole numbers: counts, flags, microseconds."""
    return Column(name, BigInteger, nullable=null)


def only(condition: ColumnElement[bool]) -> Mapping[str, Any]:
    """What makes an index one of those rows alone, in both databases."""
    return {"sqlite_where": condition, "postgresql_where": condition}
