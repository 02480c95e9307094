"""
What is valid: schema packages in, verdicts out.

    packages   the facts in `xsd/`, sealed by their manifests
    engine     one package compiled; the verdict
    findings   what was wrong, in sentences without values
    declarations  what the schema says of an element: its label, type, codes
    reading    what root and head tell
    enclosures whether the attachments are those the document names
    schemas    all of it together: `Schemas.load`, `Schemas.judge`
"""

from gateway.validation.enclosures import unmatched_enclosures
from gateway.validation.packages import Package
from gateway.validation.schemas import Schemas
from gateway.validation.stages import Outcome, Stage
from gateway.validation.verdict import Invalid, Objected, Undecided, Valid, Verdict

__all__ = [
    "Invalid",
    "Objected",
    "Outcome",
    "Package",
    "Schemas",
    "Stage",
    "Undecided",
    "Valid",
    "Verdict",
    "unmatched_enclosures",
]
