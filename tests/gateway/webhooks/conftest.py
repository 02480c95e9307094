"""Journals on both databases, as the tests of the drivers have them."""

from tests.gateway.drivers.conftest import database, journal, one_postgres, rig, sqlite_template

__all__ = ["database", "journal", "one_postgres", "rig", "sqlite_template"]
