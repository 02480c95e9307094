"""
What is valid: schema packages in, verdicts out.

    packages   one version of one standard, and what is known of it
    manifests  what a package says of itself, and the seals on its files
    documents  one XSD document, read with care
    bundling   the documents of a package and of those it uses, made one
    sources, harvest, portraits, planning, sealing, installing
               what an operator hands over, and how it becomes packages
    store      a folder of packages: `xsd/`, and what the operator installed
    engine     one package compiled; the verdict
    findings   what was wrong, in sentences without values
    declarations  what the schema says of an element: its label, type, codes
    code_lists    whether codes are in their lists
    characters    whether texts have the characters of DIN 91379
    reading    what root and head tell
    enclosures whether the attachments are those the document names
    schemas    all of it together: `Schemas.load`, `Schemas.judge`
"""

from gateway.validation.enclosures import unmatched_enclosures
from gateway.validation.packages import Library, Package, ends_soon
from gateway.validation.schemas import Schemas
from gateway.validation.stages import Outcome, Stage
from gateway.validation.verdict import MORE_FINDINGS, Invalid, Objected, Undecided, Valid, Verdict

__all__ = [
    "MORE_FINDINGS",
    "Invalid",
    "Library",
    "Objected",
    "Outcome",
    "Package",
    "Schemas",
    "Stage",
    "Undecided",
    "Valid",
    "Verdict",
    "ends_soon",
    "unmatched_enclosures",
]
