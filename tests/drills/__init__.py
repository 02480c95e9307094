"""
The bad days: processes killed, the broker wiped, wires cut; and verdicts beside those of another engine, and of crowds.

Small in the tests, at full size with `make drill`.
"""

from tests.drills.broker import broker_wiped, wires_cut
from tests.drills.campaigning import Campaigning, half_a_campaign
from tests.drills.crowds import threads_crowded
from tests.drills.killed import gateway_killed, worker_killed
from tests.drills.order import Arrivals, cases_in_order
from tests.drills.report import Report
from tests.drills.telling import Told, portals_told
from tests.drills.verdicts import verdicts_compared

__all__ = [
    "Arrivals",
    "Campaigning",
    "Report",
    "Told",
    "broker_wiped",
    "cases_in_order",
    "gateway_killed",
    "half_a_campaign",
    "portals_told",
    "threads_crowded",
    "verdicts_compared",
    "wires_cut",
    "worker_killed",
]
