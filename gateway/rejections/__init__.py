"""
How each standard turns a message down, and acknowledges one: its code list, its messages, as tables of facts.

    table    what a table says
    loading  `<folder>/rejections/*.toml`, read strictly
"""

from gateway.rejections.loading import FOLDER, load
from gateway.rejections.table import CODES, FACTS, REASON_FACTS, CodeListName, Form, Part, Table

__all__ = ["CODES", "FACTS", "FOLDER", "REASON_FACTS", "CodeListName", "Form", "Part", "Table", "load"]
