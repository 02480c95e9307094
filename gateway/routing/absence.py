"""The sentences for every way in which there is no door: what is wrong, who is responsible, what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.connection import Connection
from gateway.errors import Sentence
from gateway.routing.door import Absence, NoDoor
from gateway.routing.facts import Authority, Responsibility, Service
from gateway.routing.regions import Former, Region


def unknown_root() -> NoDoor:
    return _no_service(
        "Für dieses Wurzelelement mit diesem Namensraum ist hier keine Leistung eingerichtet.",
        "No service is set up here for this root element in this namespace.",
    )


def unknown_leistung() -> NoDoor:
    return _no_service(
        "Der angegebene Leistungsschlüssel gehört zu keiner Leistung, die hier eingerichtet ist.",
        "The Leistungsschlüssel given belongs to no service that is set up here.",
    )


def service_missing() -> NoDoor:
    return _no_service(
        "Es ist weder eine Nachricht noch ein Leistungsschlüssel angegeben.",
        "Neither a message nor a Leistungsschlüssel is given.",
    )


def _no_service(de: str, en: str) -> NoDoor:
    text = Sentence(
        f"{de} Welche Leistungen angenommen werden, zeigt /v1/services.",
        f"{en} /v1/services shows the services that are accepted.",
    )
    return NoDoor(Absence.UNKNOWN_SERVICE, text)


def service_contradiction(services: Sequence[Service]) -> NoDoor:
    titles = ", ".join(service.title for service in services)
    text = Sentence(
        f"Nachricht und Leistungsschlüssel meinen verschiedene Leistungen: {titles}. "
        "Bitte den Leistungsschlüssel berichtigen oder weglassen.",
        f"Message and Leistungsschlüssel mean different services: {titles}. "
        "Please correct the Leistungsschlüssel or leave it out.",
    )
    return NoDoor(Absence.SERVICE_CONTRADICTION, text)


def wrong_reader(service: Service) -> NoDoor:
    prefixes = ", ".join(sorted(service.prefixes))
    text = Sentence(
        f"Der Leser im Nachrichtenkopf ist keine Behörde für „{service.title}“: "
        f"erwartet wird eine Kennung der Form Präfix:Ziffern mit einem dieser Präfixe: {prefixes}.",
        f"The reader in the message head is no authority for “{service.title}”: "
        f"expected is a Kennung prefix:digits with one of these prefixes: {prefixes}.",
    )
    return NoDoor(Absence.WRONG_READER, text, service)


def unknown_reader(service: Service) -> NoDoor:
    text = Sentence(
        "Der Leser im Nachrichtenkopf bezeichnet kein Gebiet, das in diesem Gateway verzeichnet ist.",
        "The reader in the message head names no area that this gateway knows.",
    )
    return NoDoor(Absence.UNKNOWN_AUTHORITY, text, service)


def unknown_place(service: Service) -> NoDoor:
    text = Sentence(
        f"Der Ort, der über die Zuständigkeit für „{service.title}“ entscheidet, ist kein Gebiet, das in diesem "
        "Gateway verzeichnet ist. Erwartet wird ein gültiger ARS oder AGS.",
        f"The place that decides who is responsible for “{service.title}” is no area that this gateway knows. "
        "Expected is a valid ARS or AGS.",
    )
    return NoDoor(Absence.UNKNOWN_PLACE, text, service)


def place_gone(service: Service, gone: Former) -> NoDoor:
    text = Sentence(
        f"Der Schlüssel gehörte {gone.name}; dieses Gebiet gibt es nicht mehr. Bitte für „{service.title}“ den "
        "Schlüssel des Gebiets angeben, zu dem der Ort heute gehört.",
        f"The key was that of {gone.name}; this area no longer exists. For “{service.title}”, please give the key of "
        "the area that the place is part of today.",
    )
    return NoDoor(Absence.UNKNOWN_PLACE, text, service)


def another_land(service: Service, here: Sequence[str]) -> NoDoor:
    laender = ", ".join(here)
    text = Sentence(
        f"Der Ort, der über die Zuständigkeit für „{service.title}“ entscheidet, liegt in einem anderen Land; dieses "
        f"Gateway kennt nur: {laender}.",
        f"The place that decides who is responsible for “{service.title}” lies in another Land; this gateway knows "
        f"only: {laender}.",
    )
    return NoDoor(Absence.UNKNOWN_PLACE, text, service)


def place_missing(service: Service) -> NoDoor:
    text = Sentence(
        f"Es fehlt der Ort, der über die Zuständigkeit für „{service.title}“ entscheidet: "
        "als ?ars=, in der Nachricht oder über den Leser im Nachrichtenkopf.",
        f"The place that decides who is responsible for “{service.title}” is missing: "
        "give it as ?ars=, in the message, or by the reader in the message head.",
    )
    return NoDoor(Absence.PLACE_MISSING, text, service)


def place_contradiction(service: Service) -> NoDoor:
    text = Sentence(
        "Der Ort in ?ars= und der Ort in der Nachricht sind verschiedene. "
        f"Für „{service.title}“ entscheidet der in der Nachricht; bitte ?ars= berichtigen oder weglassen.",
        "The place in ?ars= and the place in the message are not the same. "
        f"For “{service.title}” the one in the message decides; please correct ?ars= or leave it out.",
    )
    return NoDoor(Absence.PLACE_CONTRADICTION, text, service)


def place_too_wide(service: Service, place: Region) -> NoDoor:
    text = Sentence(
        f"{place}: für „{service.title}“ sind dort viele Behörden zuständig. Bitte die Gemeinde angeben.",
        f"{place}: many authorities are responsible for “{service.title}” there. Please give the Gemeinde.",
    )
    return NoDoor(Absence.PLACE_TOO_WIDE, text, service)


def nobody_listed(service: Service, place: Region) -> NoDoor:
    text = Sentence(
        f"{place}: für „{service.title}“ ist dort keine zuständige Behörde eingetragen. "
        "Der Betreiber dieses Gateways kann sie nachtragen.",
        f"{place}: no authority is listed as responsible for “{service.title}” there. "
        "The operator of this gateway can add it.",
    )
    return NoDoor(Absence.UNKNOWN_AUTHORITY, text, service)


def many_responsible(service: Service, place: Region, authorities: tuple[Authority, ...]) -> NoDoor:
    listed = "; ".join(map(str, authorities))
    number = len(authorities)
    text = Sentence(
        f"{place}: für „{service.title}“ ist dort nicht eine Behörde zuständig, sondern jede von {number} "
        f"für ihr Gebiet: {listed}.",
        f"{place}: not one authority is responsible for “{service.title}” there, but each of {number} "
        f"for its own area: {listed}.",
    )
    return NoDoor(Absence.NOT_RESPONSIBLE, text, service, authorities)


def not_responsible(service: Service, addressed: str, row: Responsibility) -> NoDoor:
    text = Sentence(
        f"Angeschrieben ist: {addressed}. Zuständig für „{service.title}“ ist dort aber: {row.authority}, "
        f"nach {row.source}.",
        f"Addressed is: {addressed}. Responsible for “{service.title}” there, however, is: {row.authority}, "
        f"by {row.source}.",
    )
    return NoDoor(Absence.NOT_RESPONSIBLE, text, service, (row.authority,), responsibility=row)


def case_elsewhere(service: Service, addressed: str, home: Authority) -> NoDoor:
    text = Sentence(
        f"Angeschrieben ist: {addressed}. Die Nachricht gehört aber zu einem Vorgang, den {home} für „{service.title}“ "
        "angenommen hat; dort bleibt er.",
        f"Addressed is: {addressed}. The message, however, belongs to a case that {home} accepted for "
        f"“{service.title}”; there it stays.",
    )
    return NoDoor(Absence.NOT_RESPONSIBLE, text, service, (home,))


def not_connected(service: Service, authority: Authority, row: Responsibility | None) -> NoDoor:
    text = Sentence(
        f"Zuständig für „{service.title}“ ist: {authority}. Diese Behörde ist dafür nicht angebunden, "
        "und eine andere darf den Antrag nicht erhalten.",
        f"Responsible for “{service.title}” is: {authority}. This authority is not connected for it, "
        "and no other may be given the application.",
    )
    return NoDoor(Absence.NOT_CONNECTED, text, service, (authority,), responsibility=row)


def not_live(service: Service, authority: Authority, row: Responsibility | None, connection: Connection) -> NoDoor:
    state = connection.state.told
    text = Sentence(
        f"Zuständig für „{service.title}“ ist: {authority}. Ihre Anbindung ist {state.de} und nimmt dies "
        "zurzeit nicht an.",
        f"Responsible for “{service.title}” is: {authority}. Its connection is {state.en} and does not take "
        "this at present.",
    )
    return NoDoor(Absence.NOT_LIVE, text, service, (authority,), row, connection)
