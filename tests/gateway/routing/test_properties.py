"""What holds for every question: the right authority's own connection, or a named absence."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing import Connection, ConnectionState, Door, NoDoor, Question, Service, Tables
from gateway.routing.facts import Facts
from gateway.routing.loading import load

ROUTING = Path(__file__).parents[3] / "routing"
FACTS = load(ROUTING, Path("/data"))
PLACES = [region.ars for region in FACTS.directory.regions]
SPELLED = [ars[:5] + ars[9:] for ars in PLACES if len(ars) == 12] + [ars + "000" for ars in PLACES if len(ars) == 5]
KEYS = [key for service in FACTS.services for key in service.leistungen]
MESSAGES = [message for service in FACTS.services for message in service.messages]
PREFIXES = sorted({prefix for service in FACTS.services for prefix in service.prefixes})
DAY = date(2026, 11, 22)


def with_connections(states: dict[tuple[str, str], ConnectionState]) -> Tables:
    connections = tuple(Connection(*pair, "pullach-wohnsitz", state) for pair, state in states.items())
    return Tables(replace(FACTS, connections=connections))


pairs = st.tuples(
    st.sampled_from([service.name for service in FACTS.services]),
    st.sampled_from([authority.ars for authority in FACTS.authorities]),
)
every_table = st.dictionaries(pairs, st.sampled_from(ConnectionState), max_size=8).map(with_connections)
a_key = st.none() | st.sampled_from(KEYS) | st.text(max_size=20)
a_place = st.none() | st.sampled_from(PLACES) | st.sampled_from(SPELLED) | st.text(max_size=14)
a_reader = (
    st.none()
    | st.text(max_size=20)
    | st.builds(
        "{}:{}{}".format,
        st.sampled_from(PREFIXES),
        st.sampled_from(PLACES + SPELLED),
        st.sampled_from(["", "0001", "00"]),
    )
)


@st.composite
def every_question(draw: st.DrawFn) -> Question:
    """Sensible and senseless questions alike."""
    message = draw(st.none() | st.sampled_from(MESSAGES))
    place = draw(a_place)
    return Question(
        day=draw(st.dates()),
        root=message.root if message else draw(st.none() | st.text(max_size=5)),
        namespace=message.namespace if message else None,
        leistung=draw(a_key),
        document_leistung=draw(a_key),
        ars=draw(a_place),
        place=lambda _: place,
        reader=draw(a_reader),
        test=draw(st.booleans()),
    )


@given(tables=every_table, question=every_question())
def test_a_door_is_the_responsible_authoritys_own_or_there_is_none(tables: Tables, question: Question) -> None:
    """Whatever is asked, a door belongs to the authority it names, is open, and that authority's row is in force."""
    found = tables.find(question)

    assert all(sentence.de and sentence.en for sentence in found.because)
    if isinstance(found, NoDoor):
        assert found.text.de
        return
    assert (found.connection.service, found.connection.authority) == (found.service.name, found.authority.ars)
    assert found.connection.state.takes(test=question.test)
    assert found.responsibility is not None
    assert found.responsibility.authority is found.authority
    assert found.responsibility.holds_on(question.day)


def slowly(facts: Facts, subject: str, ars: str) -> list[str]:
    """An obvious implementation: look at every row, keep the longest that the place begins with."""
    rows = [row for row in facts.responsibilities if row.subject == subject and ars.startswith(row.ars)]
    rows.sort(key=lambda row: len(row.ars))
    return [rows[-1].authority.ars] if rows else []


@pytest.mark.parametrize("service", FACTS.services, ids=lambda service: service.name)
def test_every_place_and_service_agrees_with_the_obvious_implementation(service: Service) -> None:
    """For each place in the directory, `find` names the authority that reading the table row by row names."""
    tables = Tables(FACTS)
    live = {(it.service, it.authority) for it in FACTS.connections}

    for ars in PLACES:
        found = tables.find(Question(day=DAY, leistung=service.leistungen[0], ars=ars))
        named = [found.authority.ars] if isinstance(found, Door) else [it.ars for it in found.authorities]
        expected = slowly(FACTS, service.name, ars)
        assert isinstance(found, Door) == bool(expected and (service.name, expected[0]) in live), ars
        if expected:
            assert named == expected, ars
