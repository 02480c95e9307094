"""
For whoever writes a client of the pickup door: every turn of docs/spec/pickup.md, played against it.

    rules      what is asked of a client, by name
    examining  starts it, plays the turns, makes the report
    turns      one function for each
    watching   what every request says, whatever is played
    stage      the gateway behind the door, with a clock that can be put forward
    front      the door's front, which notes everything and misbehaves when told to
    record     what the client asked and was told
    report     what came of it; page is the same on paper
"""

from gateway.kit.sites.examining import Examination, examine
from gateway.kit.sites.page import page
from gateway.kit.sites.report import Report
from gateway.kit.sites.rules import NAMED, RULES, Answer, Rule, Ruling
from gateway.kit.sites.stage import Wish, read_sample
from gateway.kit.sites.turns import Pace, booked

__all__ = [
    "NAMED",
    "RULES",
    "Answer",
    "Examination",
    "Pace",
    "Report",
    "Rule",
    "Ruling",
    "Wish",
    "booked",
    "examine",
    "page",
    "read_sample",
]
