"""The account of a month: events that happened in it, and the same result whenever it is printed."""

from collections.abc import Sequence
from datetime import date

from gateway.connection import AdapterInUse, Connection, ConnectionState, Step
from gateway.evidence import Month, Names, Operation, operation
from gateway.evidence.operation import Line
from gateway.evidence.pages import operation_page
from gateway.evidence.tables import operation_csv, operation_json
from gateway.journal import Happened
from gateway.submission import SECOND, Micros, State, SubmissionId

MONTH = Month.read("2026-10")
HOUR = 3_600 * SECOND
LATER = Micros(MONTH.end + 40 * 24 * HOUR)
BAU = Connection(
    "bau", "09273", "kelheim-bau", ConnectionState.LIVE, "B-7", date(2026, 8, 3), date(2026, 9, 1), "Bauamt"
)


def step(state: ConnectionState, at: int, before: ConnectionState | None) -> Step:
    changed = Connection(BAU.service, BAU.authority, BAU.destination, state, BAU.order_number, BAU.order_date)
    return Step(connection=changed, before=before, at=Micros(at), by="b.beispiel", reason="geprüft")


WENT_LIVE = step(ConnectionState.LIVE, MONTH.start - HOUR, ConnectionState.TESTED)


def event(
    name: str,
    before: State | None,
    after: State,
    hours: float,
    *,
    received: float = 0.0,
    failed: float | None = None,
    test: bool = False,
) -> Happened:
    """Something that happened so many hours into the month."""

    def at(when: float) -> Micros:
        return Micros(int(MONTH.start + when * HOUR))

    return Happened(
        id=int(hours * 1000),
        submission=SubmissionId("s"),
        connection=BAU.id,
        at=at(hours),
        name=name,
        before=before,
        after=after,
        test=test,
        received_at=at(received),
        first_failed=None if failed is None else at(failed),
        standard="AG-Bau",
        version="1.0",
        adapter="filedrop",
    )


def account(
    events: Sequence[Happened],
    *,
    steps: Sequence[Step] = (WENT_LIVE,),
    now: Micros = LATER,
    adapters: Sequence[AdapterInUse] = (),
) -> Operation:
    return operation(
        MONTH,
        happened=events,
        steps=steps,
        preflights=(),
        adapters=adapters,
        names=Names(service=lambda _: "Digitaler Bauantrag", authority=lambda ars: f"Landratsamt {ars}"),
        target=3_600,
        now=now,
    )


def line(events: Sequence[Happened], *, steps: Sequence[Step] = (WENT_LIVE,), now: Micros = LATER) -> Line:
    [only] = account(events, steps=steps, now=now).lines
    return only


ACCEPTED = event("submission.accepted", None, State.ACCEPTED, 1.0, received=1.0)
DELIVERED = event("submission.confirmed", State.HANDED_OVER, State.CONFIRMED, 1.5, received=1.0)


def test_what_happened_is_counted() -> None:
    """One accepted, delivered and confirmed within the target time, by its schema."""
    found = line([ACCEPTED, DELIVERED])

    assert (found.accepted, found.delivered, found.confirmed, found.refused) == (1, 1, 1, 0)
    assert (found.share_in_time, found.waiting, found.schemas) == (1.0, 0, ("AG-Bau 1.0",))


def test_an_answer_after_the_delivery_is_not_a_second_delivery() -> None:
    """Delivered to the transport, and confirmed later: one delivery, one confirmation."""
    delivered = event("submission.delivered", State.HANDED_OVER, State.DELIVERED, 1.5, received=1.0)
    confirmed = event("submission.confirmed", State.DELIVERED, State.CONFIRMED, 9.0, received=1.0)

    found = line([delivered, confirmed])

    assert (found.delivered, found.confirmed) == (1, 1)


def test_tests_are_counted_apart() -> None:
    """A test message is no Antrag."""
    tried = event("submission.accepted", None, State.ACCEPTED, 2.0, test=True)
    arrived = event("submission.confirmed", State.HANDED_OVER, State.CONFIRMED, 2.1, test=True)

    found = line([tried, arrived])

    assert (found.tests, found.accepted, found.delivered, found.confirmed) == (1, 0, 0, 0)


def test_a_delivery_that_took_long_is_not_in_time_and_waited() -> None:
    """From the first failed attempt to the delivery the Fachverfahren was waited for."""
    late = event("submission.delivered", State.HANDED_OVER, State.DELIVERED, 6.0, received=1.0, failed=1.5)

    found = line([late, DELIVERED])

    assert found.share_in_time == 0.5
    assert found.waiting == 4.5 * HOUR


def test_availability_counts_hours_in_which_every_attempt_failed() -> None:
    """Two hours with failures, one of them with a delivery too: one hour is lost, of those the month has."""
    failed = [
        event("attempt.failed", State.HANDED_OVER, State.ACCEPTED, hour, received=1.0) for hour in (1.2, 2.2, 2.7)
    ]

    found = line([*failed, DELIVERED])

    assert (found.live_hours, found.lost_hours) == (31 * 24 + 1, 1)
    assert found.availability == 1 - 1 / 745


def test_only_hours_in_which_it_was_live_count() -> None:
    """A connection that went live on the last day has that day only; one that was retired before has no line."""
    eve = Micros(MONTH.end - 24 * HOUR)
    assert line([], steps=[step(ConnectionState.LIVE, eve, ConnectionState.TESTED)]).live_hours == 24

    retired = step(ConnectionState.RETIRED, MONTH.start - 1, ConnectionState.LIVE)
    assert account([], steps=[WENT_LIVE, retired]).lines == ()


def test_an_open_month_is_provisional_and_counts_until_now() -> None:
    """After ten hours there are ten hours to be available in."""
    now = Micros(MONTH.start + 10 * HOUR)
    found = account([], now=now)

    assert not found.closed
    assert found.lines[0].live_hours == 10
    assert operation_json(found)["provisional"] is True
    assert "Vorläufig" in operation_page(found)
    assert "vorläufig" in operation_csv(found)


def test_a_closed_month_is_the_same_whenever_it_is_printed() -> None:
    """Weeks later, and after more steps were taken: byte for byte, with the digest of what it was computed from."""
    afterwards = step(ConnectionState.PAUSED, LATER, ConnectionState.LIVE)

    first, again = account([ACCEPTED, DELIVERED]), account([ACCEPTED, DELIVERED], steps=[WENT_LIVE, afterwards])
    later = account([ACCEPTED, DELIVERED], now=Micros(LATER + 24 * HOUR))

    for write in (operation_page, operation_csv, operation_json):
        assert write(first) == write(again) == write(later)
    assert first.digest in operation_page(first)


def test_other_events_have_another_digest() -> None:
    """Whoever changes an event afterwards is seen."""
    assert account([ACCEPTED]).digest != account([DELIVERED]).digest


def test_the_versions_of_an_adapter_are_those_in_use_in_the_month() -> None:
    """The one it began with, and each that came in it; not the older ones, and not the next month's."""

    def since(version: str, hours: float, adapter: str = "filedrop") -> AdapterInUse:
        return AdapterInUse(adapter, version, Micros(int(MONTH.start + hours * HOUR)))

    known = [since("0.9", -800), since("1.0", -2), since("1.1", 300), since("2.0", 800), since("7", 1, "another")]

    [found] = account([ACCEPTED, DELIVERED], adapters=known).lines

    assert found.adapters == ("filedrop 1.0", "filedrop 1.1")
    assert line([ACCEPTED, DELIVERED]).adapters == ("filedrop",)
    assert line([]).adapters == ()
    assert account([ACCEPTED], adapters=known).digest != account([ACCEPTED]).digest


def test_what_came_after_the_month_changes_nothing_in_it() -> None:
    """A version of the next month leaves a closed one as it was, to the digest."""
    later = AdapterInUse("filedrop", "2.0", Micros(MONTH.end + HOUR))

    assert account([ACCEPTED], adapters=[later]) == account([ACCEPTED])


def test_a_table_holds_no_formula() -> None:
    """A name that a spreadsheet would compute is written as text."""
    found = operation(
        MONTH,
        happened=[],
        steps=[WENT_LIVE],
        preflights=(),
        adapters=(),
        names=Names(service=str, authority=lambda _: "=1+1"),
        target=60,
        now=LATER,
    )

    assert "'=1+1" in operation_csv(found)
