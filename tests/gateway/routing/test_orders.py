"""Order lists: each row judged by itself, nothing done twice, and no state that was not earned."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

import pytest

from gateway.connection import Connection, ConnectionState
from gateway.errors import BadTables
from gateway.routing import OWN, Columns, Plan, Tables, exported, plan

HEAD = "Artikel;Schlüssel;Bestellung;vom;Stelle;Rabatt\n"
SHOP = Columns(
    names={
        "service": "Artikel",
        "authority": "Schlüssel",
        "order_number": "Bestellung",
        "order_date": "vom",
        "contact": "Stelle",
    },
    services={"Bauantrag digital": "bau"},
    days="%d.%m.%Y",
    delimiter=";",
)
TODAY = date(2026, 11, 25)


def planned(
    text: str,
    tables: Tables,
    *,
    columns: Columns = SHOP,
    known: Mapping[str, Connection] | None = None,
    kind: Literal["sandbox", "production"] = "production",
) -> Plan:
    return plan(text.encode(), "orders.csv", columns, tables=tables, known=known or {}, kind=kind, today=TODAY)


def test_an_order_becomes_a_connection(tables: Tables) -> None:
    """Article, key, number, day and office as the shop writes them; the key may be filled up or an AGS."""
    found = planned(HEAD + "Bauantrag digital;091780000000;B-17;01.09.2026;Bauamt;5 %\n", tables)

    assert found.new == (
        Connection("bau", "09178", "", ConnectionState.ORDERED, "B-17", date(2026, 9, 1), contact="Bauamt"),
    )
    assert (found.changed, found.same, found.faults, found.rows) == ((), 0, (), 1)


def test_an_unknown_column_is_reported_and_not_read(tables: Tables) -> None:
    """A column nobody has explained is named; one that is known to be of no interest is not."""
    row = "bau;09178;B-17;01.09.2026;;5 %\n"

    assert planned(HEAD + row, tables).unknown_columns == ("Rabatt",)
    known = Columns(SHOP.names, SHOP.services, frozenset({"Rabatt"}), SHOP.days, SHOP.delimiter)
    assert planned(HEAD + row, tables, columns=known).unknown_columns == ()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("jagd;09178;B-1;01.09.2026;;", "Die Leistung „jagd“ ist nicht bekannt"),
        ("bau;9178;B-1;01.09.2026;;", "kein Regionalschlüssel"),
        ("bau;Freising;B-1;01.09.2026;;", "kein Regionalschlüssel"),
        ("bau;09;B-1;01.09.2026;;", "Land Bayern"),
        ("wohnsitz;09178;B-1;01.09.2026;;", "nirgends zuständig"),
        ("bau;091785127;B-1;01.09.2026;;", "Zuständig ist dort: Landratsamt Freising (09178)"),
        ("bau;09178;;01.09.2026;;", "Bestellnummer fehlt"),
        ("bau;09178;B-1;;;", "nicht die Form"),
        ("bau;09178;B-1;2026-09-01;;", "nicht die Form"),
        ("bau;09178;B-1;31.02.2026;;", "nicht die Form"),
        ("bau;09178;B-1;26.11.2026;;", "in der Zukunft"),
        ("bau;09178;B-1", "zu wenige oder zu viele Felder"),
    ],
)
def test_a_faulty_row_is_reported_and_stops_no_other(row: str, sentence: str, tables: Tables) -> None:
    """The fault names its line; the row after it is taken."""
    found = planned(HEAD + f"{row}\nbau;09661;B-2;01.09.2026;;\n", tables)

    assert [one.id for one in found.new] == ["bau/09661"]
    [fault] = found.faults
    assert fault.line == 2
    assert sentence in fault.said.de
    assert "orders.csv, line 2" in fault.said.en


def test_an_order_twice_is_a_fault_of_the_second(tables: Tables) -> None:
    """The same service of the same authority, spelled in two ways, is ordered once."""
    found = planned(HEAD + "bau;09178;B-1;01.09.2026;;\nbau;09178000;B-2;01.09.2026;;\n", tables)

    assert [one.order_number for one in found.new] == ["B-1"]
    assert [fault.line for fault in found.faults] == [3]


def test_a_second_reading_plans_nothing(tables: Tables) -> None:
    """What is there already is the same; what the list says newly of it is a change, and never of its state."""
    text = HEAD + "bau;09178;B-17;01.09.2026;Bauamt;\n"
    [first] = planned(text, tables).new
    live = Connection("bau", "09178", "freising-bau", ConnectionState.LIVE, "B-17", date(2026, 9, 1), contact="Bauamt")

    assert planned(text, tables, known={first.id: first}).same == 1
    assert planned(text, tables, known={first.id: live}).same == 1
    [change] = planned(text.replace("B-17", "B-18"), tables, known={first.id: live}).changed
    assert (change.after.state, change.after.order_number) == (ConnectionState.LIVE, "B-18")


@pytest.mark.parametrize(("kind", "state"), [("sandbox", "live"), ("production", "ordered")])
def test_production_takes_no_state_from_a_file(
    kind: Literal["sandbox", "production"], state: str, tables: Tables
) -> None:
    """A sandbox takes over what our own list says; in production everything begins as ordered."""
    text = exported(tables.connections)

    found = planned(text, tables, columns=OWN, kind=kind)

    assert {one.id: one.state for one in found.new}["bau/09178"] == state
    assert found.faults == ()


def test_what_is_exported_can_be_imported(tables: Tables) -> None:
    """The export is the form of our own list: read again, it changes nothing."""
    known = {one.id: one for one in tables.connections}

    assert planned(exported(tables.connections), tables, columns=OWN, known=known, kind="sandbox").same == len(known)


def test_a_list_without_a_needed_column_is_refused(tables: Tables) -> None:
    """Then it is another kind of list; the sentence says which column, and which there are."""
    with pytest.raises(BadTables, match="A column is missing: Schlüssel"):
        planned(HEAD.replace("Schlüssel", "Ort"), tables)


@pytest.mark.parametrize("said", ["Bauantrag digital", "bau", "Bauantrag", "99012070006001"])
def test_a_service_is_called_in_several_ways(said: str, tables: Tables) -> None:
    """By the shop's article, by our short name, by its title, or by one of its keys."""
    [order] = planned(HEAD + f"{said};09178;B-17;01.09.2026;;\n", tables).new

    assert order.service == "bau"


def test_what_was_retired_begins_anew_with_a_new_order(tables: Tables) -> None:
    """Another order number orders it again; the old list, read once more, revives nothing."""
    text = HEAD + "bau;09178;B-17;01.09.2026;Bauamt;\n"
    retired = Connection(
        "bau", "09178", "freising-bau", ConnectionState.RETIRED, "B-17", date(2026, 9, 1), date(2026, 10, 1), "Bauamt"
    )

    assert planned(text, tables, known={retired.id: retired}).same == 1
    [change] = planned(text.replace("B-17", "B-99"), tables, known={retired.id: retired}).changed
    assert (change.after.state, change.after.order_number) == (ConnectionState.ORDERED, "B-99")
    assert change.after.live_since is None


def test_production_says_how_many_states_did_not_count(tables: Tables) -> None:
    """Held back are those for which the list says more than ordered, and no day of operation comes with them."""
    found = planned(exported(tables.connections), tables, columns=OWN, kind="production")

    assert found.held_back == sum(one.state is not ConnectionState.ORDERED for one in tables.connections)
    assert all(one.live_since is None for one in found.new)
    assert planned(exported(tables.connections), tables, columns=OWN, kind="sandbox").held_back == 0


def test_through_which_shop_it_was_ordered_is_kept(tables: Tables) -> None:
    """The whole list comes from one shop, or a column says it row by row; an existing connection learns of it."""
    row = "bau;09178;B-17;01.09.2026;;\n"
    shop = replace(SHOP, ordered_through="DigitalMarkt")

    [order] = planned(HEAD + row, tables, columns=shop).new
    assert order.ordered_through == "DigitalMarkt"
    [change] = planned(HEAD + row, tables, columns=shop, known={order.id: replace(order, ordered_through="")}).changed
    assert change.after == order
    said = replace(shop, names={**shop.names, "ordered_through": "Rabatt"})
    assert [one.ordered_through for one in planned(HEAD + row.replace(";;", ";;Fax"), tables, columns=said).new] == [
        "Fax"
    ]
    assert planned(HEAD + row, tables, known={order.id: order}).same == 1
