"""
For whoever writes an adapter: begin with one that works, and have it examined.

    patterns    whole adapters, one for each way to a Fachverfahren
    making      copies a pattern under a name of its own, and makes its entry point known
    examining   runs the examiner of `gateway.testing.contract` in a process of its own
    scorecard   what came of it: a tier, and each rule kept, broken or exempt
    recorder    what the examiner's process sends to the one that waits for it
"""

from gateway.kit.examining import MANY, examine
from gateway.kit.making import WAYS, introduce, make
from gateway.kit.scorecard import Answer, Ruling, Scorecard, Tier

__all__ = ["MANY", "WAYS", "Answer", "Ruling", "Scorecard", "Tier", "examine", "introduce", "make"]
