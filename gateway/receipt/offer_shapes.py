"""The shapes of what a portal reads before it shows a form; as `shapes`, and in German for the same reason."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.receipt.shapes import Authority


class Offer(TypedDict):
    """Eine Anbindung, wie ein Online-Dienst sie vorab sieht."""

    id: str
    """Leistung und ARS der Behörde"""
    service: str
    leistungen: list[str]
    """Leistungsschlüssel"""
    authority: Authority
    state: Literal["ordered", "configured", "tested", "live", "paused", "retired"]
    stateLabel: str
    open: bool
    """ob Anträge angenommen werden; was eine angehaltene Anbindung annimmt, wartet"""
    openForTests: bool
    """ob Testnachrichten angenommen werden"""
    maintenanceUntil: NotRequired[str]
    """so lange nimmt der Zustellpunkt nichts entgegen; was angenommen wird, wartet"""
    orderDate: NotRequired[str]
    liveSince: NotRequired[str]
    """erster Tag im Betrieb"""


class Reach(TypedDict):
    """So viele Behörden, und die Menschen, für die sie zuständig sind."""

    authorities: int
    inhabitants: int


class ServiceReach(TypedDict):
    """Wie weit eine Leistung reicht, im ganzen Verzeichnis dieses Gateways."""

    service: str
    title: str
    responsible: Reach
    """alle, die zuständig sind"""
    connected: Reach
    """eingerichtet oder weiter"""
    live: Reach
    """Anträge werden angenommen"""


class Connections(TypedDict):
    """Die Anbindungen, die dieser Zugang benutzen darf."""

    connections: list[Offer]
    coverage: list[ServiceReach]
    """je Leistung dieses Zugangs; ars und state ändern daran nichts"""
    sandbox: NotRequired[Literal[True]]
