"""Whether what a document says of its attachments is what came with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gateway.errors import Sentence
from gateway.submission import Attachment, Finding, Reading


def unmatched_enclosures(reading: Reading, enclosed: Sequence[Attachment]) -> tuple[Finding, ...]:
    """
    Findings for attachments named and not sent, sent and not named, or sent twice, by their ids in the document.

    So are those with another checksum than the document says; only SHA-256 is compared. A standard whose package names
    no place for attachment ids is taken as it comes.
    """
    named, sent = Counter(reading.attachments), Counter(one.name for one in enclosed)
    missing, unknown = named.keys() - sent.keys(), sent.keys() - named.keys()
    doubled = [name for name, times in sent.items() if times > 1]
    found: list[Finding] = []
    if missing:
        found.append(_finding("attachment-missing", _MISSING, len(missing)))
    if unknown and reading.attachments:
        found.append(_finding("attachment-unknown", _UNKNOWN, len(unknown)))
    if doubled:
        found.append(_finding("attachment-doubled", _DOUBLED, len(doubled)))
    said = {name: sum_.lower() for name, sum_ in zip(reading.attachments, reading.checksums, strict=False)}
    changed = [
        one for one in enclosed if len(said.get(one.name, "")) == len(one.digest) and said[one.name] != one.digest
    ]
    if changed:
        found.append(_finding("attachment-changed", _CHANGED, len(changed)))
    return tuple(found)


_MISSING = Sentence(
    "{n} im Dokument genannte Anlage(n) wurden nicht mitgesendet. Jede Anlage gehört als eigener Teil in eine "
    "multipart-Anfrage, mit ihrer Kennung aus dem Dokument als Namen.",
    "{n} attachment(s) named in the document did not come along. Send each as a part of its own of a multipart "
    "request, named by its id in the document.",
)
_UNKNOWN = Sentence(
    "{n} mitgesendete Anlage(n) nennt das Dokument nicht. Der Name eines Teils ist die Kennung der Anlage im Dokument.",
    "{n} attachment(s) came along that the document does not name. A part is named by the attachment's id there.",
)
_DOUBLED = Sentence(
    "{n} Anlage(n) kamen mehrfach mit derselben Kennung.",
    "{n} attachment(s) came more than once under the same id.",
)
_CHANGED = Sentence(
    "{n} Anlage(n) haben eine andere Prüfsumme, als das Dokument nennt: Es sind andere Dateien, oder sie kamen nicht "
    "unverändert an.",
    "{n} attachment(s) have another checksum than the document says: they are other files, or were changed on the way.",
)


def _finding(code: str, text: Sentence, number: int) -> Finding:
    return Finding(code, Sentence(text.de.format(n=number), text.en.format(n=number)))
