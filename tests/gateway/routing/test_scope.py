"""A portal's token is good for some services and some regions."""

import pytest

from gateway.journal import Client
from gateway.routing import in_scope


@pytest.mark.parametrize(
    "services, regions, allowed",
    [
        (("*",), ("*",), True),
        (("bau",), ("09178",), True),
        (("wohnsitz", "bau"), ("09661", "09"), True),
        (("bau",), ("091780124124",), True),
        (("wohnsitz",), ("*",), False),
        ((), ("*",), False),
        (("bau",), ("09661",), False),
        (("bau",), (), False),
        (("bau",), ("",), False),
        (("bau",), ("091780124124999",), False),
    ],
)
def test_service_and_region_must_both_be_in_scope(
    services: tuple[str, ...], regions: tuple[str, ...], allowed: bool
) -> None:
    """A region covers what lies within it; an empty one covers nothing."""
    client = Client("portal", "", services=services, regions=regions)

    assert in_scope(client, "bau", "091780124124") is allowed


def test_a_region_filled_up_with_zeros_is_the_same_region() -> None:
    """`096610000000` is the kreisfreie Stadt, whose authority has five digits."""
    client = Client("portal", "", regions=("096610000000",))

    assert in_scope(client, "bau", "09661")
    assert not in_scope(client, "bau", "09662")


def test_the_city_in_scope_does_not_open_the_kreis_around_it() -> None:
    """A client for Freising, Stadt, may not send to the Landratsamt."""
    client = Client("portal", "", regions=("091780124124",))

    assert not in_scope(client, "bau", "09178")
