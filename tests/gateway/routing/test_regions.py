"""Keys of places, in all their spellings."""

import pytest

from gateway.routing import Region, RegionKind, Regions
from gateway.routing.regions import shorten

REGIONS = Regions(
    [
        Region("09", RegionKind.LAND, "Bayern"),
        Region("091", RegionKind.REGIERUNGSBEZIRK, "Oberbayern"),
        Region("09178", RegionKind.LANDKREIS, "Freising"),
        Region("091780124124", RegionKind.GROSSE_KREISSTADT, "Freising"),
        Region("091785127113", RegionKind.GEMEINDE, "Allershausen"),
        Region("091785127", RegionKind.VERWALTUNGSGEMEINSCHAFT, "Allershausen"),
        Region("09661", RegionKind.KREISFREIE_STADT, "Aschaffenburg"),
    ]
)


@pytest.mark.parametrize(
    "key, ars",
    [
        ("09", "09"),
        ("09000000", "09"),
        ("091", "091"),
        ("09100000", "091"),
        ("09178", "09178"),
        ("09178000", "09178"),
        ("091780000000", "09178"),
        ("091780124", "091780124124"),
        ("09178124", "091780124124"),
        ("091785127", "091785127"),
        ("091785127000", "091785127"),
        ("09178113", "091785127113"),
        ("096610000000", "09661"),
        ("09661000", "09661"),
    ],
)
def test_every_spelling_finds_its_place(key: str, ars: str) -> None:
    """ARS of every level, AGS, and both filled up with zeros."""
    region = REGIONS.find(key)

    assert region is not None
    assert region.ars == ars


@pytest.mark.parametrize("key", ["", "0", "9178", "0917", "09178125", "091785128", "09661001", "09661 000"])
def test_other_keys_find_nothing(key: str) -> None:
    """A key that is not in the directory is not stretched to one that is."""
    assert REGIONS.find(key) is None


@pytest.mark.parametrize(
    "digits, ars",
    [
        ("09178000", "09178"),
        ("091780000001", "09178"),
        ("0917812400", "091780124124"),
        ("091781240012", "091780124124"),
        ("091780124124", "091780124124"),
        ("096610000000", "09661"),
    ],
)
def test_the_digits_of_a_kennung_name_a_place(digits: str, ars: str) -> None:
    """An ARS, an AGS, or an AGS with `00` and digits for the environment."""
    region = REGIONS.addressed(digits)

    assert region is not None
    assert region.ars == ars


@pytest.mark.parametrize("digits", ["", "1", "091781240112", "0917812412", "091799990001"])
def test_other_digits_name_none(digits: str) -> None:
    """Digits after the AGS count only behind `00`."""
    assert REGIONS.addressed(digits) is None


def test_digits_with_two_meanings_name_none() -> None:
    """An ARS that could also be another place's AGS with digits for the environment is nobody's address."""
    ambiguous = Regions(
        [
            Region("145215010", RegionKind.VERWALTUNGSGEMEINSCHAFT, "Eins"),
            Region("145215010001", RegionKind.GEMEINDE, "Eins"),
            Region("145210501501", RegionKind.GEMEINDE, "Zwei"),
        ]
    )
    assert ambiguous.find("145215010001") is not ambiguous.find("14521501")

    assert ambiguous.addressed("145215010001") is None


@pytest.mark.parametrize(
    "ars, short",
    [
        ("096610000000", "09661"),
        ("092735215000", "092735215"),
        ("092730000", "09273"),
        ("090000000000", "09"),
        ("091780124124", "091780124124"),
        ("09270", "09270"),
        ("093", "093"),
    ],
)
def test_zeros_that_fill_up_are_dropped(ars: str, short: str) -> None:
    """Whole groups only: the zero at the end of a Kreis belongs to it."""
    assert shorten(ars) == short
