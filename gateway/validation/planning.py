"""
What would be installed: the documents of all sources sorted into packages, and each import led to one of them.

A package is one namespace in one version. An import is resolved by the exact address, where a table names it, then by
namespace and file name; never by asking the address.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import BadPackage, Sentence
from gateway.validation import code_lists
from gateway.validation.documents import Reference, SchemaDocument, canonical, same_content
from gateway.validation.harvest import Harvest
from gateway.validation.portraits import Portrait, portrait
from gateway.validation.store import Store


class Missing(BadPackage):
    """Documents refer to a namespace, and what they import is neither offered nor installed."""

    def __init__(self, de: str, en: str, origins: Collection[str]) -> None:
        super().__init__(de, en)
        self.origins: Final = frozenset(origins)
        """the sources that need it"""


@dataclass(eq=False)
class Draft:
    """A package that may be installed."""

    namespace: str
    portrait: Portrait
    documents: list[SchemaDocument]
    origins: set[str]
    key: str = ""
    """its folder in the store; that of the package there which is the same"""
    installed: bool = False
    """whether the store has it already, with the same content"""
    uses: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    lists: dict[str, bytes] = field(default_factory=dict)
    rules: dict[str, bytes] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What people call it."""
        return " ".join(filter(None, (self.portrait.name, self.portrait.version)))

    @property
    def origin(self) -> str:
        """One place where it comes from."""
        return min(self.origins)

    def fits(self, namespace: str, name: str, version: str | None) -> bool:
        """Whether documents of this namespace, called so, belong here."""
        return (self.namespace, self.portrait.name, self.portrait.version) == (namespace, name, version)


@dataclass(frozen=True, slots=True)
class Plan:
    """All packages that the sources hold, those that the store has included, each after those it uses."""

    drafts: tuple[Draft, ...]
    warnings: tuple[Sentence, ...]


def plan(harvests: Sequence[Harvest], store: Store) -> Plan:
    """Raises BadPackage, naming the file and the reason; Missing where only something to import is missing."""
    drafts: list[Draft] = []
    for one in harvests:
        own = [_sorted_in(drafts, one, *group) for group in _by_namespace(one)]
        _hand_out(one, own)
        if not own:
            drafts += _lists_alone(one, drafts)
    _find_in(store, drafts)
    warnings = list(_Resolving(drafts, store).warnings())
    for draft in drafts:
        _take_extras(harvests, draft, drafts)
    return Plan(tuple(_users_last(drafts)), tuple(warnings))


# ── documents into packages ──────────────────────────────────────────────────────────────────────────────────────────


def _by_namespace(one: Harvest) -> Iterator[tuple[str, list[SchemaDocument]]]:
    """Documents without a namespace belong to each namespace whose documents include them."""
    groups: defaultdict[str, list[SchemaDocument]] = defaultdict(list)
    homeless = {document.name: document for document in one.documents if document.namespace is None}
    for document in one.documents:
        if document.namespace is not None:
            groups[document.namespace].append(document)
    for namespace, documents in groups.items():
        for document in documents:  # grows while it is walked through
            for reference in document.references:
                guest = homeless.get(reference.file_name or "")
                if not reference.imports and guest is not None and guest not in documents:
                    documents.append(guest)
        _insist_on_includes(one.origin, documents)
        yield namespace, documents


def _insist_on_includes(origin: str, documents: Sequence[SchemaDocument]) -> None:
    names = {document.name for document in documents}
    for document in documents:
        for reference in document.references:
            if not reference.imports and reference.file_name not in names:
                where = f"{origin}: {document.name}:{reference.element.sourceline}"
                raise BadPackage(
                    f"{where} bindet {reference.location} ein (include); dieses Dokument fehlt im Paket.",
                    f"{where} includes {reference.location}; that document is missing in the package.",
                )


def _sorted_in(drafts: list[Draft], one: Harvest, namespace: str, documents: list[SchemaDocument]) -> Draft:
    """Into the draft that the documents belong to. Libraries differ without saying so, and then are two."""
    seen = portrait(one.origin, namespace, documents)
    for draft in drafts:
        if draft.fits(namespace, seen.name, seen.version):
            different = _different(draft.documents, documents)
            if different is None:
                known = {document.name for document in draft.documents}
                draft.documents += [document for document in documents if document.name not in known]
                draft.origins.add(one.origin)
                draft.portrait = portrait(one.origin, namespace, draft.documents)
                return draft
            if draft.portrait.standard is not None:
                raise BadPackage(
                    f"{one.origin}: {draft.label} kommt auch in {draft.origin} vor, dort mit anderem Inhalt "
                    f"({different}).",
                    f"{one.origin}: {draft.label} is in {draft.origin} as well, with other content ({different}).",
                )
    draft = Draft(namespace, seen, list(documents), {one.origin})
    drafts.append(draft)
    return draft


def _different(some: Iterable[SchemaDocument], others: Iterable[SchemaDocument]) -> str | None:
    """The name of a document that both have and that declares different things."""
    known = {document.name: document for document in some}
    for document in others:
        if document.name in known and not same_content(known[document.name], document):
            return document.name
    return None


def _hand_out(one: Harvest, own: Sequence[Draft]) -> None:
    """An address belongs to the package that has the file."""
    for draft in own:
        names = {document.name for document in draft.documents}
        draft.addresses |= {address: name for address, name in one.addresses.items() if name in names}


def _lists_alone(one: Harvest, drafts: Sequence[Draft]) -> Iterator[Draft]:
    """XRepository hands out lists one by one: each is a package by itself, which holds no documents."""
    for name, content in one.lists.items():
        try:
            found = code_lists.read(content)
        except BadPackage as refusal:
            raise BadPackage(
                f"{one.origin}: {name}: {refusal.detail.de}", f"{one.origin}: {name}: {refusal.detail.en}"
            ) from None
        called = re.split(r"[:/#]", found.uri.rstrip(":/#"))[-1]
        if not any(draft.fits(found.uri, called, found.version) for draft in drafts):
            seen = Portrait(None, called, found.version, found.name, found.uri, {}, frozenset(), {})
            yield Draft(found.uri, seen, [], {one.origin}, lists={name: content})


# ── what the store has ───────────────────────────────────────────────────────────────────────────────────────────────


def _find_in(store: Store, drafts: Iterable[Draft]) -> None:
    """The same again is taken from the store; another content under the same version of a standard is refused."""
    taken = {installed.manifest.key for installed in store}
    for draft in drafts:
        for installed in store:
            manifest = installed.manifest
            if not draft.fits(manifest.namespace, manifest.name, manifest.version):
                continue
            stray = {document.name for document in draft.documents} - manifest.files.keys()
            different = min(stray) if stray else _different(installed.documents, draft.documents)
            if different is None:
                draft.key, draft.installed, draft.uses = manifest.key, True, list(manifest.uses)
                break
            if draft.portrait.standard is not None:
                raise BadPackage(
                    f"{draft.origin}: {draft.label} ist schon eingespielt, mit anderem Inhalt ({different}). Eine "
                    "veröffentlichte Version ändert sich nicht; bitte klären, welche die richtige ist.",
                    f"{draft.origin}: {draft.label} is installed already, with other content ({different}). A "
                    "published version does not change; please find out which one is right.",
                )
        if not draft.installed:
            draft.key = _free_key(draft, taken)
            taken.add(draft.key)


def _free_key(draft: Draft, taken: Collection[str]) -> str:
    name, version = _slug(draft.portrait.name), _slug(draft.portrait.version or "-")
    seal = hashlib.sha256(b"".join(sorted(canonical(document.root) for document in draft.documents))).hexdigest()[:8]
    tail = _slug("-".join(re.split(r"[/:#]+", draft.namespace.strip("/#"))[-2:]))
    return next(
        key for key in (f"{name}/{version}", f"{name}/{version}-{tail}", f"{name}/{version}-{seal}") if key not in taken
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._äöüß-]+", "-", text.casefold()).strip(".-") or "ohne"


# ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Target:
    """A package that can be imported from."""

    key: str
    namespace: str
    names: Collection[str]
    library: bool
    addresses: Mapping[str, str]
    origins: frozenset[str]


class _Resolving:
    def __init__(self, drafts: Sequence[Draft], store: Store) -> None:
        self._drafts = drafts
        offered = [_target_of(draft) for draft in drafts]
        keys = {target.key for target in offered}
        stored = [
            _Target(one.key, one.namespace, one.files.keys(), one.standard is None, one.addresses, frozenset())
            for one in (installed.manifest for installed in store)
            if one.key not in keys
        ]
        self._targets = offered + stored

    def warnings(self) -> Iterator[Sentence]:
        """Leads every import of every new package somewhere; a sentence for each that serves nothing."""
        for draft in self._drafts:
            if draft.installed:
                continue
            lost: list[tuple[SchemaDocument, Reference]] = []
            for document in draft.documents:
                for reference in document.references:
                    if not reference.imports or reference.namespace == draft.namespace:
                        continue
                    target = self._find(draft, reference)
                    if target is None:
                        lost.append((document, reference))
                    elif target.key not in draft.uses:
                        draft.uses.append(target.key)
            yield from self._give_up(draft, lost)

    def _find(self, draft: Draft, reference: Reference) -> _Target | None:
        namespace, location, name = reference.namespace, reference.location, reference.file_name
        known = [target for target in self._targets if target.namespace == namespace]
        known.sort(key=lambda target: not target.origins & draft.origins)
        by_address = (target for target in known if location and location in target.addresses)
        by_name = (target for target in known if name in target.names)
        found = next(by_address, None) or next(by_name, None)
        if found is None and len(known) == 1 and (location is None or (known[0].library and len(known[0].names) == 1)):
            return known[0]  # there is only one document that can be meant
        return found

    def _give_up(self, draft: Draft, lost: Sequence[tuple[SchemaDocument, Reference]]) -> Iterator[Sentence]:
        needed = [(document, reference) for document, reference in lost if _needs(document, reference)]
        if needed:
            raise _missing(draft, needed)
        for document, reference in lost:
            if reference.namespace and reference.namespace not in draft.absent:
                draft.absent.append(reference.namespace)
            where = f"{draft.origin}: {document.name}:{reference.element.sourceline}"
            yield Sentence(
                f"{where} importiert {reference.location} (Namensraum {reference.namespace}) und benutzt nichts "
                "daraus; der Import bleibt weg.",
                f"{where} imports {reference.location} (namespace {reference.namespace}) and uses nothing of it; "
                "the import is left out.",
            )


def _target_of(draft: Draft) -> _Target:
    names = {document.name for document in draft.documents}
    library = draft.portrait.standard is None
    return _Target(draft.key, draft.namespace, names, library, draft.addresses, frozenset(draft.origins))


def _needs(document: SchemaDocument, reference: Reference) -> bool:
    """An import without a namespace brings names without one, which cannot be told from others."""
    return reference.namespace is None or reference.namespace in document.namespaces_named


def _missing(draft: Draft, needed: Sequence[tuple[SchemaDocument, Reference]]) -> Missing:
    """Each namespace once, with the address and a file that asks for it."""
    listed: dict[tuple[str | None, str | None], SchemaDocument] = {}
    for document, reference in needed:
        listed.setdefault((reference.namespace, reference.location), document)
    de = "; ".join(
        f"Namensraum {namespace} (importiert als {location} in {document.name})"
        for (namespace, location), document in listed.items()
    )
    en = "; ".join(
        f"namespace {namespace} (imported as {location} in {document.name})"
        for (namespace, location), document in listed.items()
    )
    return Missing(
        f"{draft.origin}: {draft.label} braucht, was weder mitgegeben noch eingespielt ist: {de}. "
        "Adressen werden nie abgerufen; bitte das Paket dazu mit angeben.",
        f"{draft.origin}: {draft.label} needs what is neither given nor installed: {en}. "
        "Addresses are never fetched; please give that package as well.",
        draft.origins,
    )


# ── what else is in the sources ──────────────────────────────────────────────────────────────────────────────────────


def _take_extras(harvests: Sequence[Harvest], draft: Draft, drafts: Sequence[Draft]) -> None:
    """Lists and rules belong to the standard that a source is about: the one that no other of its packages uses."""
    for one in harvests:
        mine = [other for other in drafts if one.origin in other.origins and other.documents]
        used = {key for other in mine for key in other.uses}
        standards = [other for other in mine if other.portrait.standard is not None]
        main = [other for other in standards if other.key not in used] or standards or mine
        if draft in main:
            draft.lists |= one.lists
            draft.rules |= one.rules


def _users_last(drafts: Sequence[Draft]) -> Iterator[Draft]:
    """In an order in which a store that is cut off in the middle still holds together."""
    by_key = {draft.key: draft for draft in drafts}
    done: set[str] = set()

    def down(draft: Draft) -> Iterator[Draft]:
        if draft.key in done:
            return
        done.add(draft.key)
        for key in draft.uses:
            if key in by_key:
                yield from down(by_key[key])
        yield draft

    for draft in drafts:
        yield from down(draft)
