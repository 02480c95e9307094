"""From a submission to the names and the contents of its files; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from gateway.adapter import Consignment


@dataclass(frozen=True, slots=True)
class Names:
    """What the files of a submission are called: its id, and nothing a person wrote."""

    document: str
    attachments: tuple[str, ...]
    sign: str

    @classmethod
    def of(cls, consignment: Consignment) -> Self:
        id_ = consignment.submission.id
        attachments = tuple(f"{id_}.{n}.bin" for n in range(1, len(consignment.enclosures) + 1))
        return cls(document=f"{id_}.xml", attachments=attachments, sign=f"{id_}.fertig")


def sign(consignment: Consignment) -> bytes:
    """One line for each attachment: its file, and the name by which the XML calls it."""
    names = Names.of(consignment).attachments
    pairs = zip(names, consignment.enclosures, strict=True)
    return "".join(f"{name}\t{one.attachment.name}\n" for name, one in pairs).encode()
