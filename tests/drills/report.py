"""What a drill found."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal import Ledger
from tests.rig import Installation, Portal, Procedures
from tests.rig.procedures import Comparison


@dataclass(frozen=True, slots=True)
class Report:
    """The portal's 202s against the Fachverfahren's books, and the gateway's own ledger."""

    accepted: int
    blows: int
    """kills, or cuts"""
    comparison: Comparison
    ledger: Ledger

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, nothing left over, and the books agree."""
        return (
            self.comparison.clean
            and self.ledger.in_flight == 0
            and self.ledger.parked == 0
            and self.ledger.imbalance == 0
        )

    def __str__(self) -> str:
        found = self.comparison
        return (
            f"{self.accepted} answered 202, {self.blows} blows: lost {len(found.lost)}, doubled {len(found.doubled)}, "
            f"brought again {len(found.refused_again)}, unexpected {len(found.unexpected)}; in flight "
            f"{self.ledger.in_flight}, parked {self.ledger.parked}, imbalance {self.ledger.imbalance}"
        )


async def reported(
    installation: Installation, portal: Portal, procedures: Procedures, blows: int, within: float
) -> Report:
    """The report once everything has settled, or when time is up."""
    ledger = await installation.settled(within)
    await procedures.finished()
    return Report(len(portal.accepted), blows, procedures.compare(portal.accepted), ledger)
