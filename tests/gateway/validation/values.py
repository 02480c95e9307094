"""
Values for every built-in type of XML Schema: some right, some wrong, most at a boundary.

They say nothing about which is which; engines do.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any, Final

from xmlschema.validators import XsdSimpleType

XS: Final = "{http://www.w3.org/2001/XMLSchema}"

_ZONES: Final = ("Z", "z", "+00:00", "-00:00", "+14:00", "+14:01", "-14:00", "-14:30", "+13:59", "+1:00", "+0100", " Z")

_DAYS: Final = (
    *("2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2024-02-30", "2024-04-31", "2024-12-31", "2024-13-01"),
    *("2024-00-10", "2024-01-00", "2024-1-1", "24-01-01", "0000-01-01", "0001-01-01", "-0001-01-01", "-0004-02-29"),
    *("9999-12-31", "10000-01-01", "010000-01-01", "99999999999999999999-01-01", "+2024-01-01", "2024-01-01T", "heute"),
    *("01.02.2024", "2024/01/01", "2024-01-01-", "٢٠٢٤-01-01", "", "2024-01-01 2024-01-01"),
)
_TIMES: Final = (
    *("00:00:00", "23:59:59", "24:00:00", "24:00:01", "24:00:00.0", "24:00:00.1", "25:00:00", "12:60:00", "12:00:60"),
    *(
        "12:00",
        "12:00:00.",
        "12:00:00.123456789012345678901",
        "1:00:00",
        "12:00:00,5",
        "-12:00:00",
        "T12:00:00",
        "",
        "jetzt",
    ),
)
_FLOATS: Final = (
    *("1", "-0", "+1", "1.", ".5", "1e", "1E5", "1e+5", "1e-400", "1e400", "INF", "-INF", "+INF", "inf", "NaN", "nan"),
    *("1,5", "1 2", "0x10", "", "1e5.5", "--1", "١"),
)
_INTEGERS: Final = (
    *("0", "-0", "+0", "1", "-1", "+1", "00001", "1.0", "1.", "1e3", "127", "128", "-128", "-129", "255", "256"),
    *("32767", "32768", "65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295"),
    *("4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616"),
    *("1 2", "", "eins", "1_000", "1,000", "٣", "９", "9" * 400, "- 1"),
)
_NAMES: Final = ("a", "_a", "1a", "a b", ":a", "a:b", "ä", "a-b.c", "-a", "", "a\u00b7", "a/b", "\u0b71", "a" * 5000)

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "date": (*_DAYS, *("2024-01-01" + zone for zone in _ZONES)),
    "dateTime": (
        *(day + "T12:00:00" for day in _DAYS),
        *("2024-01-01T" + time for time in _TIMES),
        *("2024-01-01T12:00:00" + zone for zone in _ZONES),
        *("2024-01-01", "2024-01-01 12:00:00", "2024-01-01t12:00:00", "2024-12-31T24:00:00", "9999-12-31T24:00:00Z"),
    ),
    "time": (*_TIMES, *("12:00:00" + zone for zone in _ZONES)),
    "gYear": (
        *("2024", "0000", "0001", "-0001", "-2024", "10000", "02024", "202", "2024Z", "2024+14:00", "2024+15:00"),
        *("99999999999999999999", "123456789012", "", "zwanzig"),
    ),
    "gYearMonth": ("2024-01", "2024-12", "2024-13", "2024-00", "2024-1", "2024", "2024-01Z", "0000-01", "-0001-01", ""),
    "gMonth": ("--01", "--12", "--13", "--1", "--01Z", "01", "--01--", ""),
    "gMonthDay": ("--02-29", "--02-30", "--04-31", "--12-31Z", "--1-1", "02-29", "--13-01", ""),
    "gDay": ("---01", "---31", "---32", "---00", "---1", "---31Z", "31", ""),
    "duration": (
        *("P1Y", "P1M", "P1D", "PT1H", "PT1M", "PT1S", "P1Y2M3DT4H5M6.7S", "-P1D", "+P1D", "P-1D", "P", "PT", "P1DT"),
        *("PT.5S", "PT5.S", "PT0.5S", "P1.5D", "P1W", "p1d", "P1H", "1D", "", "P99999999999999999999Y", "P1M1Y"),
    ),
    "boolean": ("true", "false", "1", "0", "TRUE", "True", "yes", "ja", "2", "", "t", "true false", "01"),
    "decimal": (
        *("0", "-0", "+1", "1.", ".5", ".", "-.5", "1.50", "0001.5", "1e3", "1,5", "1 2", "1.2.3", "", "INF", "NaN"),
        *("9" * 400, "0." + "1" * 400, "٣", "--1", "1_000", "0x1F", "- 1"),
    ),
    "integer": _INTEGERS,
    "float": _FLOATS,
    "double": _FLOATS,
    "base64Binary": (
        *(
            "AAAA",
            "AA==",
            "AAA=",
            "AB==",
            "AAB=",
            "AAA",
            "A",
            "A===",
            "====",
            "AA=A",
            "AAAA!",
            "AAAAÄ",
            "AA AA",
            "A A A A",
        ),
        *("AAAA\nAAAA", " AAAA ", "AA = =", "", "-_-_", "AAAA====", "data:;base64,AAAA", "AAAA" * 20_000, "AAAA\u00a0"),
    ),
    "hexBinary": ("", "00", "0g", "0", "ABCDEF", "abcdef", "0x00", "AB CD", "AB\nCD", "ＡＢ", "00" * 20_000),
    "anyURI": (
        *(
            "urn:a:b",
            "http://a",
            "http://a:b",
            "//h:x",
            "::",
            "http://[x",
            "http://[::1]/",
            "%zz",
            "%20",
            "a b",
            "ä",
            "",
        ),
        *("2024-01-01T10:00:00", "urn:", "a:", ":a", "#a#b", "a#b", "http://a/%", "<", "{}", "\\", "mailto:a@b", "^"),
        *("http://a b/c", "http://a/\u20ac", "1:a", "a?b?c", "http:///a", "http://a@b@c", "|", "`", "a" * 5000, "//"),
    ),
    "QName": ("xs:a", "a", "unbekannt:a", ":a", "a:", "a:b:c", "", "1a"),
    "ID": _NAMES,
    "IDREF": _NAMES,
    "IDREFS": ("", "a b", "a  b", "1 2", *_NAMES),
    "NMTOKEN": ("a", "1", "a b", "", "a:b", "-", ".", "a/b", "ä", "a" * 5000),
    "NMTOKENS": ("", "  ", "a", "a b", " a  b ", "a/b c"),
    "language": (
        "de",
        "de-DE",
        "DE",
        "deutsch",
        "d",
        "de_DE",
        "de-",
        "x-klingon",
        "",
        "de-123456789",
        "abcdefghi",
        "12",
        "i-a",
    ),
    "Name": _NAMES,
    "NCName": _NAMES,
    "ENTITY": ("a", ""),
    "ENTITIES": ("a b", ""),
    "string": (
        *("", " ", "a", "  a  b  ", "a\tb", "a\nb", "a" * 5000, "a" * 100_000, "ä", "a\u0308", "\u20ac", "\U0001f600"),
        *(
            "\u0416",
            "\u05d0",
            "\ufffd",
            "\u200b",
            "\u00a0",
            "\u00ad",
            "\x7f",
            "\x85",
            "\ufeff",
            "&<>",
            "]]>",
            "a\u2028b",
            "\u1e9e",
        ),
    ),
}
"""by built-in type; what is derived from one of them is given its values, too"""

AROUND: Final = (" {}", "{} ", "\n{}\t", "  {}  ", "\u00a0{}", "{}\u2003", "{}\u0085")
"""white space around a value: XML's own, and what only looks like it"""


def builtin(type_: XsdSimpleType) -> Iterator[str]:
    """The built-in types that a type is derived from, nearest first; those of its parts for lists and unions."""
    of: Any = type_
    while of is not None:
        if of.name and of.name.startswith(XS):
            yield of.name.removeprefix(XS)
        if of.is_union() and of.member_types:
            yield from chain.from_iterable(builtin(member) for member in of.member_types)
            return
        if of.is_list():
            yield from builtin(of.item_type)
        of = of.base_type


def values_of(type_: XsdSimpleType) -> tuple[str, tuple[str, ...]]:
    """The first built-in type that there are values for, and those."""
    return next(((name, VALUES[name]) for name in builtin(type_) if name in VALUES), ("string", VALUES["string"]))


# ── facets ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def at_facets(type_: XsdSimpleType, value: str) -> dict[str, str]:
    """Values on both sides of each boundary that a type sets, made from one that it takes."""
    made: dict[str, str] = {}
    if listed := [str(one) for one in type_.enumeration or ()]:
        first, last = listed[0], listed[-1]
        made |= {"another listed": last, "a listed one and more": first + "x", "two listed": f"{first} {last}"}
        made |= {"a listed one in other letters": first.swapcase(), "none of those listed": "nicht-gelistet"}
    if type_.patterns is not None:
        made |= _beside_pattern(value)
    least, most = type_.min_length, type_.max_length
    if most is not None and most < 100_000:
        made |= {"as long as may be": _as_long(value, most), "too long": _as_long(value, most + 1)}
    if least:
        made |= {"as short as may be": _as_long(value, least), "too short": _as_long(value, least - 1)}
    for name in ("min_value", "max_value"):
        if isinstance(bound := getattr(type_, name, None), int | Decimal):
            made |= {f"{name} {step:+}": str(bound + step) for step in (-1, 0, 1)}
    try:
        if (number := Decimal(value)).is_finite():
            made |= {"more digits": f"{number}0123456789", "more behind the point": f"{number:.9f}"}
    except InvalidOperation:
        pass
    return made


def _as_long(value: str, length: int) -> str:
    return (value * (length // max(len(value), 1) + 1))[:length]


def _beside_pattern(value: str) -> dict[str, str]:
    half = len(value) // 2
    return {
        "one letter less": value[:half] + value[half + 1 :],
        "one letter twice": value[:half] + value[half : half + 1] + value[half:],
        "a letter for a digit": _with_first(value, str.isdigit, "a"),
        "a digit for a letter": _with_first(value, str.isalpha, "7"),
        "a digit of another script": _with_first(value, str.isdigit, "٣"),
        "another case": value.swapcase(),
        "a line break at the end": value + "\n",
        "in brackets": f"({value})",
    }


def _with_first(value: str, where: Any, other: str) -> str:
    at = next((at for at, letter in enumerate(value) if where(letter)), len(value))
    return value[:at] + other + value[at + 1 :]
