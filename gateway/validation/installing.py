"""
Packages into the store, whole or not at all.

Everything is prepared in a folder beside the packages and read back by the reader that will load it at the next start;
then it is moved into place, package by package, each after those it uses. One installs at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from gateway.errors import BadPackage, Sentence
from gateway.validation.code_lists import read as read_list
from gateway.validation.engine import Engine
from gateway.validation.harvest import SELF_CONTAINED, Harvest, harvest, variants
from gateway.validation.manifests import LISTS, MANIFEST, RULES, Manifest
from gateway.validation.planning import Draft, Missing, Plan, plan
from gateway.validation.schematron import Rules
from gateway.validation.sealing import amended, written
from gateway.validation.sources import Opened, Source
from gateway.validation.store import Store

_STAGING: Final = ".installing-"


@dataclass(frozen=True, slots=True)
class Report:
    """What an installation has done, by label and namespace."""

    installed: tuple[tuple[str, str], ...]
    present: tuple[tuple[str, str], ...]
    """was there already, with the same content"""
    supplemented: tuple[tuple[str, str], ...]
    """was there already, and has got code lists or rules"""
    dated: tuple[tuple[str, str], ...]
    """was there already, and is valid from or until another day now"""
    warnings: tuple[Sentence, ...]


def install(
    folder: Path, paths: Sequence[Path], *, valid_from: date | None = None, valid_until: date | None = None
) -> Report:
    """
    Put what lies in these ZIPs and folders into the store in `folder`; the dates are those of its standards.

    What is there already gets the dates that are given. Raises BadPackage, naming the file and the reason; the store is
    what it was then.
    """
    _insist_on_order(valid_from, valid_until)
    dates = {"valid_from": valid_from, "valid_until": valid_until}
    with Opened(paths) as opened, _locked(folder):
        planned, warnings = _planned(opened.sources, Store(folder))
        for draft in planned.drafts:
            Rules.of(draft.rules)  # refuses what are no rules, before anything is put anywhere
        new = [draft for draft in planned.drafts if not draft.installed]
        extras = {draft.key: _extras(folder, draft) for draft in planned.drafts if draft.installed}
        redated = {draft.key: _redated(folder, draft, dates) for draft in planned.drafts if draft.installed}
        with _staging(folder) as staging:
            for draft in new:
                _write(staging / draft.key, draft, dates)
            both = Store(folder, staging)
            _check(both, new)
            warnings += _ambiguities(both, new)
            _move(staging, folder, [draft.key for draft in new])
        for key, contents in extras.items():
            if contents or redated[key]:
                _amend(folder / key, contents, redated[key])
    known = [draft for draft in planned.drafts if draft.installed]
    return Report(
        installed=_told(new),
        present=_told(draft for draft in known if not extras[draft.key] and not redated[draft.key]),
        supplemented=_told(draft for draft in known if extras[draft.key]),
        dated=_told(draft for draft in known if redated[draft.key]),
        warnings=(*planned.warnings, *warnings),
    )


def _insist_on_order(valid_from: date | None, valid_until: date | None) -> None:
    if valid_from and valid_until and valid_until < valid_from:
        raise BadPackage(
            "Der letzte Tag der Gültigkeit liegt vor dem ersten.", "The last day of validity lies before the first."
        )


def _told(drafts: Iterable[Draft]) -> tuple[tuple[str, str], ...]:
    return tuple((draft.label, draft.namespace) for draft in drafts)


# ── what the sources hold ────────────────────────────────────────────────────────────────────────────────────────────


def _planned(sources: Sequence[Source], store: Store) -> tuple[Plan, list[Sentence]]:
    """With the published variant of each source, or the self-contained one where its dependencies are missing."""
    chosen = {source.origin: variants(source)[0] for source in sources}
    harvests = {source.origin: harvest(source, chosen[source.origin]) for source in sources}
    _insist_on_content(sources, harvests)
    warnings = list(_unreadable_lists(harvests.values()))
    first: Missing | None = None
    while True:
        try:
            return plan(tuple(harvests.values()), store), warnings
        except Missing as missing:
            first = first or missing
            source = next((one for one in sources if _has_another(one, missing, chosen)), None)
            if source is None:
                raise first from None
            chosen[source.origin] = SELF_CONTAINED
            harvests[source.origin] = harvest(source, SELF_CONTAINED)
            warnings.append(
                Sentence(
                    f"{source.origin}: Genommen wird {SELF_CONTAINED}/, das alle Abhängigkeiten mitbringt; für xsd/ "
                    "fehlen welche.",
                    f"{source.origin}: {SELF_CONTAINED}/ is taken, which brings all dependencies; for xsd/ some are "
                    "missing.",
                )
            )


def _has_another(source: Source, missing: Missing, chosen: Mapping[str, str | None]) -> bool:
    other = SELF_CONTAINED in variants(source) and chosen[source.origin] != SELF_CONTAINED
    return other and source.origin in missing.origins


def _insist_on_content(sources: Sequence[Source], harvests: Mapping[str, Harvest]) -> None:
    """A ZIP or folder without anything of use was taken by mistake; one that only holds other ZIPs was not."""
    for source in sources:
        one = harvests[source.origin]
        if not source.holds_others and not one.documents and not one.lists:
            raise BadPackage(
                f"{source.origin} enthält weder ein XML-Schema (*.xsd) noch Codelisten.",
                f"{source.origin} holds no XML schema (*.xsd) and no code lists.",
            )


def _unreadable_lists(harvests: Iterable[Harvest]) -> Iterator[Sentence]:
    for one in harvests:
        for name, content in one.lists.items() if one.documents else ():
            try:
                read_list(content)
            except BadPackage as refusal:
                yield Sentence(
                    f"{one.origin}: {name} wird nicht benutzt. {refusal.detail.de}",
                    f"{one.origin}: {name} is not used. {refusal.detail.en}",
                )


def _ambiguities(store: Store, new: Sequence[Draft]) -> Iterator[Sentence]:
    """Messages that another package knows, too: they are not judged, because nobody could say by which one."""
    for draft in new:
        for other in (one.manifest for one in store):
            shared = draft.portrait.roots.keys() & other.roots.keys() if other.namespace == draft.namespace else ()
            if shared and other.key != draft.key.casefold():
                count = len(shared)
                yield Sentence(
                    f"{draft.label} und {other.label} kennen dieselben Nachrichten im selben Namensraum ({count}): "
                    "Solange beide eingespielt sind, werden diese nicht geprüft.",
                    f"{draft.label} and {other.label} know the same messages in the same namespace ({count}): "
                    "as long as both are installed, these are not judged.",
                )


# ── into the store ───────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder itself is locked, so that no lock file stays; one that was made for nothing goes again."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    handle = _lock(folder)
    try:
        for left in folder.glob(f"{_STAGING}*"):
            shutil.rmtree(left)
        yield
    except OSError as error:
        raise BadPackage(
            f"In den Ordner {folder} lässt sich nicht schreiben ({error.strerror}).",
            f"The folder {folder} cannot be written to ({error.strerror}).",
        ) from None
    finally:
        with suppress(OSError):
            for one in made:
                one.rmdir()
        os.close(handle)


def _lock(folder: Path) -> int:
    """Again, where whoever held the lock has taken the folder away."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise BadPackage(
                f"Der Ordner {folder} lässt sich nicht anlegen ({error.strerror}).",
                f"The folder {folder} cannot be made ({error.strerror}).",
            ) from None
        fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if folder.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        os.close(handle)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    staging = Path(mkdtemp(prefix=_STAGING, dir=folder))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check(store: Store, new: Sequence[Draft]) -> None:
    """As at the next start: seals, bundle, compilation, and the roots that the engine knows."""
    for draft in new:
        installed = store.at(draft.key)
        if installed.manifest.files:
            Engine(store.whole(installed))


def _move(staging: Path, folder: Path, keys: Sequence[str]) -> None:
    moved: list[Path] = []
    try:
        for key in keys:
            place = folder / key
            place.parent.mkdir(exist_ok=True)
            (staging / key).rename(place)
            moved.append(place)
            _settle(place.parent)
    except BaseException:
        for place in moved:
            shutil.rmtree(place, ignore_errors=True)
        raise
    _settle(folder)


def _write(folder: Path, draft: Draft, dates: Mapping[str, date | None]) -> None:
    documents = {document.name: document.content for document in draft.documents}
    for subfolder, contents in (("", documents), (RULES, draft.rules), (LISTS, draft.lists)):
        for name, content in contents.items():
            _write_file(folder / subfolder / name, content)
    _write_file(folder / MANIFEST, written(draft, documents, dates))


def _extras(folder: Path, draft: Draft) -> dict[str, dict[str, bytes]]:
    """
    Lists and rules that an installed package does not have yet.

    Raises BadPackage where it has one with other content.
    """
    manifest = Manifest.read(folder / draft.key / MANIFEST)
    extras: dict[str, dict[str, bytes]] = {}
    for table, offered, known in (
        ("rules", draft.rules, manifest.rules),
        ("code_lists", draft.lists, manifest.code_lists),
    ):
        for name, content in offered.items():
            if name not in known:
                extras.setdefault(table, {})[name] = content
            elif known[name] != hashlib.sha256(content).hexdigest():
                raise BadPackage(
                    f"{draft.origin}: {draft.label} ist schon eingespielt, mit anderem Inhalt ({name}).",
                    f"{draft.origin}: {draft.label} is installed already, with other content ({name}).",
                )
    return extras


def _redated(folder: Path, draft: Draft, dates: Mapping[str, date | None]) -> dict[str, date]:
    """The dates that were given and are not those of an installed package with messages."""
    manifest = Manifest.read(folder / draft.key / MANIFEST)
    changed = {key: day for key, day in dates.items() if day and day != getattr(manifest, key)}
    if not changed or not manifest.roots:
        return {}
    both = {"valid_from": manifest.valid_from, "valid_until": manifest.valid_until} | changed
    _insist_on_order(both["valid_from"], both["valid_until"])
    return changed


def _amend(folder: Path, extras: Mapping[str, Mapping[str, bytes]], dates: Mapping[str, date]) -> None:
    """First the files, which nobody misses, then the manifest that names them."""
    for table, contents in extras.items():
        for name, content in contents.items():
            _write_file(folder / {"rules": RULES, "code_lists": LISTS}[table] / name, content)
    fresh = folder / f".{MANIFEST}"
    _write_file(fresh, amended((folder / MANIFEST).read_bytes(), extras, dates))
    fresh.replace(folder / MANIFEST)
    _settle(folder)


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """The names in a folder reach the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
