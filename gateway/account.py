"""
The account (Konto): a person who watches over the gateway in the console. What they may do, and for which authorities.

Who somebody is, an identity provider says: at first the accounts of the journal with their passwords, later one that
the operator runs already. What they may do then stands here, and is the same for all of them. Nothing here reads or
writes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.errors import NotAllowed, Sentence
from gateway.submission import SECOND, Micros, SubmissionId

EVERY: Final = "*"
"""instead of authorities: all of them"""


class Right(StrEnum):
    """What an account may be allowed to do."""

    LOOK = "look"
    """see what happens, and what happened"""
    DECIDE = "decide"
    """let parked ones go on or drop them, pause and resume"""
    READ = "read"
    """read the content of an Antrag, with a reason"""
    ADMINISTER = "administer"
    """see who has which account and who did what, and revoke accounts"""


class Role(StrEnum):
    """What an account is for; each role may what the one before it may."""

    READER = "reader"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    @property
    def told(self) -> Sentence:
        """The role as people are told it."""
        return _TOLD[self]

    @property
    def rights(self) -> frozenset[Right]:
        """What it may do."""
        return _RIGHTS[self]


_TOLD: Final = {
    Role.READER: Sentence("Lesend", "reader"),
    Role.OPERATOR: Sentence("Betrieb", "operator"),
    Role.ADMINISTRATOR: Sentence("Verwaltung", "administrator"),
}
_RIGHTS: Final = {
    Role.READER: frozenset({Right.LOOK}),
    Role.OPERATOR: frozenset({Right.LOOK, Right.DECIDE, Right.READ}),
    Role.ADMINISTRATOR: frozenset(Right),
}
_MISSING: Final = {
    Right.LOOK: Sentence("Dieses Konto darf das nicht.", "This account may not do that."),
    Right.DECIDE: Sentence(
        "Dieses Konto darf nur lesen. Entscheiden dürfen Konten mit der Rolle Betrieb oder Verwaltung.",
        "This account may only read. Accounts with the role operator or administrator may decide.",
    ),
    Right.READ: Sentence(
        "Inhalte dürfen nur Konten mit der Rolle Betrieb oder Verwaltung lesen.",
        "Only accounts with the role operator or administrator may read content.",
    ),
    Right.ADMINISTER: Sentence(
        "Das dürfen nur Konten mit der Rolle Verwaltung, die für alle Behörden gelten.",
        "Only accounts with the role administrator that hold for all authorities may do that.",
    ),
}

Scope = frozenset[str] | None
"""The authorities (ARS) within which somebody sees anything at all; None: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A name, a role, and the authorities for which it holds."""

    name: str
    role: Role
    authorities: tuple[str, ...] = (EVERY,)
    """ARS, or `*`"""
    password: str = ""
    """how the password is stored (see `console.passwords`); empty where an identity provider knows it"""
    created_at: Micros = Micros(0)
    revoked_at: Micros | None = None

    @property
    def scope(self) -> Scope:
        """What exists for this account; everything else does not, in no list, count or search."""
        return None if EVERY in self.authorities else frozenset(self.authorities)

    def sees(self, authority: str) -> bool:
        """Whether what belongs to this authority exists for it."""
        return self.scope is None or authority in self.scope

    def sees_all(self, authorities: Collection[str]) -> bool:
        """Whether all of these exist for it."""
        return all(self.sees(one) for one in authorities)

    def may(self, right: Right) -> bool:
        """Whether it has a right. Who administers, does so for all authorities."""
        return right in self.role.rights and (right is not Right.ADMINISTER or self.scope is None)

    def insist(self, right: Right) -> None:
        """
        Go on only with this right.

        Raises:
            NotAllowed: says who may.
        """
        if not self.may(right):
            raise NotAllowed(_MISSING[right].de, _MISSING[right].en)


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LONGEST_SESSION: Final = 12 * 3_600.0
"""Seconds after which everybody identifies again: a shift, and some."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody is there: which account, by the hash of the secret in their browser."""

    secret_hash: str
    account: Account
    began_at: Micros
    seen_at: Micros


@dataclass(frozen=True, slots=True)
class Knocking:
    """How often somebody tried a wrong password for a name, and until when nobody may try it again."""

    failures: int = 0
    closed_until: Micros = Micros(0)

    def failed(self, now: Micros) -> Knocking:
        """One more: five are free, each further one costs twice the time of the one before, to a quarter of an hour."""
        failures = self.failures + 1
        wait = min(30.0 * 2 ** (failures - _FREE), _LONGEST_WAIT) if failures >= _FREE else 0.0
        return Knocking(failures, Micros(now + int(wait * SECOND)))

    def seconds_left(self, now: Micros) -> float:
        """Seconds until it may be tried again; 0 where it may."""
        return max(0.0, (self.closed_until - now) / SECOND)


_FREE: Final = 5
_LONGEST_WAIT: Final = 900.0


class IdentityProvider(Protocol):
    """
    Says who somebody is.

    For one that runs elsewhere, `leads_to` is where a browser is sent, and what it comes back with is `said`. What asks
    for name and password here leads nowhere.
    """

    @property
    def leads_to(self) -> str | None: ...

    async def identify(self, said: Mapping[str, str]) -> Account:
        """
        Whose account this is.

        Raises:
            NotIdentified: nobody's; which part was wrong is not said.
            TooMany: it was tried too often.
            JournalUnavailable: nobody can say now.
        """
        ...


# ── what was done ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something somebody did in the console that moves no submission, kept for good."""

    at: Micros = Micros(0)
    by: str
    """an account"""
    name: str
    """`document.read`, `destination.paused`, …"""
    subject: str = ""
    """a destination, an account, a campaign"""
    submission: SubmissionId | None = None
    authority: str = ""
    """whose matter it was; empty where it was nobody's or many's"""
    reason: str = ""


class AccountBook(Protocol):
    """The part of the journal with accounts, sessions and deeds. All of it raises `JournalUnavailable` as it does."""

    async def accounts(self) -> Sequence[Account]:
        """Every account, revoked ones too, by name."""
        ...

    async def add_account(self, account: Account, by: str) -> None:
        """
        Make an account.

        Raises:
            NotResponsible: the name is taken.
        """
        ...

    async def revoke_account(self, name: str, by: str) -> None:
        """
        End an account, and every session it has, at once.

        Raises:
            NotFound: there is none of that name.
        """
        ...

    async def begin_session(self, secret_hash: str, account: str) -> None:
        """Somebody came in; sessions that are over are forgotten."""
        ...

    async def session(self, secret_hash: str, idle: float) -> Session | None:
        """
        Whose session this is, and that they were seen now.

        None where there is none, its account was revoked, it lasted longer than `LONGEST_SESSION`, or nothing was heard
        of it for `idle` seconds.
        """
        ...

    async def end_session(self, secret_hash: str) -> None:
        """Somebody left."""
        ...

    async def knocking(self, name_hash: str) -> Knocking:
        """How often a wrong password was tried for the name with this hash."""
        ...

    async def knock(self, name_hash: str, *, opened: bool) -> Knocking:
        """Note a try, right or wrong; what holds now."""
        ...

    async def deeds(self, most: int = 100, before: int | None = None) -> Sequence[tuple[int, Deed]]:
        """What was done, with its number, the latest first; `before` a number goes on from there."""
        ...
