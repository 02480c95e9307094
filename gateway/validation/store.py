"""
A folder of packages, `<standard>/<version>/`, and what is in it.

The project's own `xsd/` is one, the operator's store is another, and both are read alike. A package may use others of
the same folder; what it gets from them is worked out here, so that everybody else sees packages that are whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gateway.errors import BadPackage
from gateway.validation.bundling import Part, bundle
from gateway.validation.code_lists import Lists
from gateway.validation.documents import SchemaDocument
from gateway.validation.installed_lists import InstalledLists
from gateway.validation.manifests import MANIFEST, Manifest
from gateway.validation.packages import NO_LISTS, Library, Package


@dataclass(frozen=True, eq=False)
class Installed:
    """One package as it lies in a folder: its manifest, and its documents, which are read when somebody asks."""

    manifest: Manifest

    @cached_property
    def documents(self) -> tuple[SchemaDocument, ...]:
        """Raises BadPackage where one is not as sealed, or no schema."""
        manifest = self.manifest
        contents = manifest.documents().items()
        return tuple(SchemaDocument.read(manifest.label, name, content) for name, content in contents)

    @cached_property
    def part(self) -> Part:
        """What this package puts into a bundle."""
        manifest = self.manifest
        return Part(manifest.label, self.documents, manifest.entry, manifest.absent)


class Store:
    """
    The packages of one folder.

    Raises BadPackage, naming the file, where a manifest is wrong or a package uses one that is not there.
    """

    def __init__(self, *folders: Path) -> None:
        paths = (path for folder in folders for path in sorted(folder.glob(f"[!.]*/[!.]*/{MANIFEST}")))
        manifests = (Manifest.read(path) for path in paths)
        self._installed = {manifest.key: Installed(manifest) for manifest in manifests}

    def __iter__(self) -> Iterator[Installed]:
        return iter(self._installed.values())

    def at(self, key: str) -> Installed:
        """The package in this folder, which is there."""
        return self._installed[key.casefold()]

    def packages(self, lists: Lists = NO_LISTS) -> Iterator[Package | Library]:
        """Each package, read, checked against its seal, and bundled with what it uses; sorted by folder."""
        for one in self:
            if one.manifest.roots:
                yield self.whole(one, lists)
            elif one.manifest.files:
                yield self._library(one)

    def list_files(self) -> dict[Path, str]:
        """The files of all code lists, each with its seal, against which it was checked."""
        return {path: digest for one in self for path, digest in one.manifest.list_files().items()}

    def closure(self, one: Installed) -> tuple[Installed, ...]:
        """The package and all that it uses, and what those use, each once; itself first."""
        found: dict[str, Installed] = {one.manifest.key: one}
        waiting = [one]
        while waiting:
            user = waiting.pop()
            for key in user.manifest.uses:
                used = self._installed.get(key.casefold())
                if used is None:
                    raise BadPackage(
                        f"{user.manifest.path}: Das Paket benutzt „{key}“, das nicht daneben liegt.",
                        f'{user.manifest.path}: the package uses "{key}", which does not lie beside it.',
                    )
                if used.manifest.key not in found:
                    found[used.manifest.key] = used
                    waiting.append(used)
        return tuple(found.values())

    def whole(self, one: Installed, lists: Lists = NO_LISTS) -> Package:
        """The package with all that it uses, ready to compile; a library as well, to see whether it would."""
        manifest, closure = one.manifest, self.closure(one)
        bundled = bundle([each.part for each in closure])
        return Package(
            standard=manifest.name,
            version=manifest.version or "",
            title=manifest.title,
            namespace=manifest.namespace,
            roots=manifest.roots,
            parts=manifest.parts,
            source=manifest.source,
            valid_from=manifest.valid_from,
            valid_until=manifest.valid_until,
            strict=manifest.strict,
            reading=manifest.reading,
            uses=_labels(closure),
            entry=bundled.entry,
            files=bundled.files,
            rules=manifest.rule_files(),
            leistungen=manifest.leistungen,
            code_lists=lists,
            digest=_digest(closure),
        )

    def _library(self, one: Installed) -> Library:
        manifest, closure = one.manifest, self.closure(one)
        assert one.documents
        return Library(
            name=manifest.name,
            standard=manifest.standard,
            version=manifest.version,
            title=manifest.title,
            namespace=manifest.namespace,
            source=manifest.source,
            valid_from=manifest.valid_from,
            valid_until=manifest.valid_until,
            uses=_labels(closure),
            digest=_digest(closure),
        )


def packages_in(*folders: Path) -> Iterator[Package | Library]:
    """
    Every package in these folders, in the order of the folders and of the names in them.

    Raises BadPackage, naming the file, where a manifest is wrong or a document was changed, lost or slipped in.
    """
    stores = [Store(folder) for folder in folders]
    lists = InstalledLists({path: digest for store in stores for path, digest in store.list_files().items()})
    for store in stores:
        yield from store.packages(lists)


def _labels(closure: tuple[Installed, ...]) -> tuple[str, ...]:
    return tuple(used.manifest.label for used in closure[1:])


def _digest(closure: tuple[Installed, ...]) -> str:
    own, *used = (each.manifest.digest for each in closure)
    return hashlib.sha256("\n".join([own, *sorted(used)]).encode()).hexdigest() if used else own
