"""Scoping: one question, asked for all authorities or for some, without ever forgetting which."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Column, true
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.base import Executable

from gateway.account import Scope
from gateway.drivers.sql.steps import Statement, among, marks
from gateway.drivers.sql.tables import submissions

_NOBODY: Final = "-"
"""No authority is called like that."""


def within(size: int, authority: Column[str] = submissions.c.authority) -> ColumnElement[bool]:
    """That something belongs to one of so many authorities; to any, for none."""
    return among(authority, size) if size else true()


def sized_for(scope: Scope) -> tuple[int, dict[str, Any]]:
    """How many marks the scope needs, and the values for them."""
    if scope is None:
        return 0, {}
    named = sorted(scope) or [_NOBODY]
    size = 1 << (len(named) - 1).bit_length()
    return size, marks(named, size)


def scoped(
    make: Callable[[ColumnElement[bool]], Executable], authority: Column[str] = submissions.c.authority
) -> Callable[[Scope], tuple[Statement, dict[str, Any]]]:
    """A statement that asks within a scope: made of the condition that keeps it there, about this column."""

    @lru_cache(maxsize=32)
    def of(size: int) -> Statement:
        return Statement(make(within(size, authority)))

    def fitted(scope: Scope) -> tuple[Statement, dict[str, Any]]:
        size, values = sized_for(scope)
        return of(size), values

    return fitted
