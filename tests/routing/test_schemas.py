"""The JSON Schemas that editors complete by say the same as the loader."""

import json
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from gateway.journal import Limits
from gateway.routing import AuthorityKind, ConnectionState, RegionKind, cases, loading, order_form
from gateway.routing.destinations import DESTINATIONS
from gateway.routing.facts import Grade
from gateway.routing.maintenance import Weekday

SCHEMAS = Path(__file__).parents[2] / "routing" / "schemas"


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def properties(part: Any) -> dict[str, Any]:
    assert part["additionalProperties"] is False
    found: dict[str, Any] = part["properties"]
    return found


@pytest.mark.parametrize("file", loading.COLUMNS)
def test_a_table_has_the_columns_of_its_schema(file: str) -> None:
    """Same columns, same order, and each explained."""
    columns = properties(schema(file.removesuffix(".csv"))["items"])

    assert tuple(columns) == loading.COLUMNS[file]
    assert all(column["description"] for column in columns.values())


@pytest.mark.parametrize("file", [loading.SERVICES, DESTINATIONS])
def test_a_toml_file_has_the_keys_of_its_schema(file: str) -> None:
    """What the schema offers is what the loader takes."""
    assert tuple(properties(schema(file.removesuffix(".toml"))["additionalProperties"])) == loading.KEYS[file]


def test_messages_and_examples_have_the_keys_of_their_schemas() -> None:
    """The nested tables, too."""
    messages = properties(schema("services")["additionalProperties"])["messages"]["items"]
    examples = schema("cases")["properties"]["case"]["items"]

    assert tuple(properties(messages)) == loading.KEYS["messages"]
    assert tuple(properties(examples)) == cases.KEYS
    assert tuple(properties(examples)["answer"]["enum"]) == cases.ANSWERS


def test_the_form_of_order_lists_has_the_keys_of_its_schema() -> None:
    """Keys, columns and encodings that an editor offers are those that are read."""
    offered = properties(schema("orders"))

    assert tuple(offered) == order_form.KEYS
    assert tuple(properties(offered["columns"])) == order_form.KNOWN
    assert tuple(offered["columns"]["required"]) == order_form.NEEDED
    assert offered["encoding"]["enum"] == list(order_form.Encoding)


def test_the_shipped_form_can_be_read() -> None:
    """Its articles are services of the shipped tables."""
    services = tomllib.loads((SCHEMAS.parent / "services.toml").read_text(encoding="utf-8"))

    assert set(order_form.read_columns(SCHEMAS.parent / order_form.ORDERS, services).services.values()) == set(services)


def test_windows_of_maintenance_have_the_keys_of_their_schema() -> None:
    """Keys and weekdays that an editor offers are those that are read."""
    windows = properties(schema("destinations")["additionalProperties"])["maintenance"]["items"]

    assert tuple(properties(windows)) == loading.KEYS["maintenance"]
    assert properties(windows)["days"]["items"]["enum"] == list(Weekday)


@pytest.mark.parametrize(
    "name, column, choices",
    [
        ("regions", "kind", RegionKind),
        ("authorities", "kind", AuthorityKind),
        ("responsibility", "grade", Grade),
        ("connections", "state", ConnectionState),
    ],
)
def test_choices_are_those_of_the_code(name: str, column: str, choices: type[StrEnum]) -> None:
    """A kind, grade or state that the code knows is offered, and no other."""
    assert properties(schema(name)["items"])[column]["enum"] == list(choices)


def test_the_usual_limits_are_those_of_the_code() -> None:
    """What an editor shows as default is what the gateway does."""
    offered = properties(schema("destinations")["additionalProperties"])

    assert Limits(**{key: offered[key]["default"] for key in Limits.__slots__}) == Limits()


@pytest.mark.parametrize("name", ["services", "destinations", "cases", "orders"])
def test_a_toml_file_names_its_schema(name: str) -> None:
    """The first line tells editors where to look."""
    text = (SCHEMAS.parent / f"{name}.toml").read_text(encoding="utf-8")

    assert text.startswith(f"#:schema schemas/{name}.schema.json\n")
    assert tomllib.loads(text)
