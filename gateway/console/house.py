"""The door of the console: which page is asked for, by whom, and whether they may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Request, Response

from gateway.account import Account, AccountBook, IdentityProvider
from gateway.campaign import CampaignBook
from gateway.console.entrance import (
    PATH,
    Entrance,
    Guest,
    cookie,
    insist_on_same_house,
    insist_on_token,
)
from gateway.console.rendering import elsewhere, page, static
from gateway.errors import BadRequest, GatewayError, Language, NotFound, NotIdentified, NotResponsible, TooMany
from gateway.intake.refusals import ClientGone
from gateway.intake.responses import note_refusal, tell_failure
from gateway.intake.visit import Visit
from gateway.journey import Gateway
from gateway.operating import OperatingBook
from gateway.plugins import Plugins
from gateway.site import SiteBook

_LANGUAGE: Final = "gateway_language"
_MOST_BODY: Final = 64 * 1024
_MOST_FIELDS: Final = 50


class Book(AccountBook, OperatingBook, CampaignBook, SiteBook, Protocol):
    """What the console asks the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the pages look into."""

    gateway: Gateway
    book: Book
    identity: IdentityProvider
    idle: float = 3_600.0
    """seconds after which somebody of whom nothing is heard identifies again"""
    plugins: Plugins = field(default_factory=lambda: Plugins({}, {}))
    """the adapters that are installed"""

    def assumed(self, destination: str) -> bool:
        """Whether the vendor's interface behind a destination is only assumed."""
        adapters = {one.adapter for one in self.gateway.tables.destinations if one.name == destination}
        found = [self.plugins.found[name] for name in adapters if name in self.plugins.found]
        return any(one.manifest.interface == "assumed" for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page that somebody asks for, or a form that they send."""

    desk: Desk
    visit: Visit
    guest: Guest
    language: Language
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """Who asks."""
        return self.guest.account

    def page(self, template: str, **facts: Any) -> Response:
        """The page, for them."""
        return page(
            template, self.language, guest=self.guest, sandbox=self.desk.gateway.kind == "sandbox", asked=self, **facts
        )

    def reason(self) -> str:
        """
        Why they do it, in words.

        Raises:
            BadRequest: they do not say.
        """
        reason = self.form.get("reason", "").strip()[:1_000]
        if not reason:
            raise BadRequest(
                "Dafür braucht es einen Grund in Worten; es wurde nichts geändert.",
                "This wants a reason in words; nothing was changed.",
            )
        return reason

    def link(self, **changes: object) -> str:
        """This page's address with other questions; None takes one away."""
        query = {**self.query, **changes}
        said = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return f"{self.visit.scope['path']}?{urlencode(said)}"


Answer = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Place:
    """A page or a form of the console: how it is asked for, below `/console`, and who answers."""

    method: str
    path: str
    answer: Answer


def house_of(desk: Desk, places: Sequence[Place]) -> APIRouter:
    """The console's part of the door, to be mounted beside the others."""
    return _House(desk).router_for(places)


class _House:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._entrance = Entrance(desk.book, idle=desk.idle)
        self._sandbox = desk.gateway.kind == "sandbox"

    def router_for(self, places: Sequence[Place]) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        add = router.add_api_route
        add(PATH + "/static/{name}", self._static, methods=["GET"])
        add(f"{PATH}/sign-in", self._guarded(self._ask_who), methods=["GET"])
        add(f"{PATH}/sign-in", self._guarded(self._let_in), methods=["POST"])
        add(f"{PATH}/sign-out", self._guarded(self._let_out), methods=["POST"])
        add(f"{PATH}/language", self._guarded(self._speak), methods=["GET"])
        for place in places:
            add(PATH + place.path, self._guarded(self._for_guests(place)), methods=[place.method])
        add(PATH + "/{rest:path}", self._guarded(self._nowhere), methods=["GET", "POST"])
        return router

    # ── the frame around every page ──────────────────────────────────────────────────────────────────────────────────

    def _guarded(self, answer: Callable[[Request, Visit], Awaitable[Response]]) -> Callable[[Request], Any]:
        """What goes wrong is told as a page, too."""

        async def guarded(request: Request) -> Response:
            visit = Visit.of(request.scope)
            try:
                return await answer(request, visit)
            except ClientGone:
                return Response(status_code=499)
            except GatewayError as error:
                # Whoever asks for what is not possible is the operator, and learns why.
                status = 409 if isinstance(error, NotResponsible) else None
                return await self._told(error, note_refusal(error, visit, status), visit)
            except Exception as error:  # noqa: BLE001 - nothing of what broke gets out
                return await self._told(tell_failure(error, visit), 500, visit)

        return guarded

    async def _told(self, error: GatewayError, status: int, visit: Visit) -> Response:
        try:
            guest = await self._entrance.guest(visit)
        except GatewayError:
            guest = None
        return self._page("error.html", visit, guest=guest, status=status, error=error, trace=visit.trace)

    def _page(
        self, template: str, visit: Visit, guest: Guest | None = None, status: int = 200, **facts: Any
    ) -> Response:
        return page(
            template, language_of(visit), guest=guest, sandbox=self._sandbox, status=status, asked=None, **facts
        )

    def _for_guests(self, place: Place) -> Callable[[Request, Visit], Awaitable[Response]]:
        async def answer(request: Request, visit: Visit) -> Response:
            guest = await self._entrance.guest(visit)
            if guest is None:
                if place.method == "POST":
                    raise _signed_out()
                here = visit.scope["path"] + (f"?{request.url.query}" if request.url.query else "")
                return elsewhere(f"{PATH}/sign-in?to={quote(here, safe='')}")
            visit.client = guest.account.name
            form: Mapping[str, str] = {}
            if place.method == "POST":
                insist_on_same_house(visit)
                form = await _form(visit)
                insist_on_token(guest, form)
            return await place.answer(
                Asked(
                    desk=self._desk,
                    visit=visit,
                    guest=guest,
                    language=language_of(visit),
                    path=request.path_params,
                    query=_query(request),
                    form=form,
                )
            )

        return answer

    # ── coming and going ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask_who(self, request: Request, visit: Visit) -> Response:
        to = _within(_query(request).get("to", ""))
        if await self._entrance.guest(visit):
            return elsewhere(to)
        if self._desk.identity.leads_to:
            return elsewhere(self._desk.identity.leads_to)
        return self._page("sign_in.html", visit, to=to, refusal=None, name="")

    async def _let_in(self, _: Request, visit: Visit) -> Response:
        insist_on_same_house(visit)
        form = await _form(visit)
        to = _within(form.get("to", ""))
        try:
            account = await self._desk.identity.identify(form)
        except (NotIdentified, TooMany) as refusal:
            return self._page(
                "sign_in.html",
                visit,
                status=note_refusal(refusal, visit),
                to=to,
                refusal=refusal,
                name=form.get("name", "")[:64],
            )
        guest = await self._entrance.come_in(account)
        return elsewhere(to, {"Set-Cookie": cookie(guest.secret, visit)})

    async def _let_out(self, _: Request, visit: Visit) -> Response:
        guest = await self._entrance.guest(visit)
        if guest:
            insist_on_same_house(visit)
            insist_on_token(guest, await _form(visit))
            await self._entrance.leave(guest)
        return elsewhere(f"{PATH}/sign-in", {"Set-Cookie": cookie("", visit)})

    async def _speak(self, request: Request, _: Visit) -> Response:
        query = _query(request)
        to = query.get("to", "") if query.get("to", "") in tuple(Language) else Language.GERMAN
        kept = f"{_LANGUAGE}={to}; Path={PATH}; SameSite=Strict; Max-Age=31536000"
        return elsewhere(_within(query.get("back", "")), {"Set-Cookie": kept})

    async def _static(self, name: str) -> Response:
        return static(name) or Response(status_code=404)

    async def _nowhere(self, _: Request, visit: Visit) -> Response:
        if await self._entrance.guest(visit) is None:
            return elsewhere(f"{PATH}/sign-in")
        raise nothing_here()


def language_of(visit: Visit) -> Language:
    """What somebody chose, else what their browser asks for."""
    chosen = visit.header(b"cookie").partition(f"{_LANGUAGE}=")[2][:2]
    return Language(chosen) if chosen in tuple(Language) else visit.language


def nothing_here() -> NotFound:
    """There is no such page, or nothing for this account: which of the two is not said."""
    return NotFound(
        "Diese Seite gibt es nicht, oder es gibt sie für dieses Konto nicht.",
        "There is no such page, or not for this account.",
    )


def _signed_out() -> NotIdentified:
    return NotIdentified(
        "Die Sitzung ist abgelaufen; es wurde nichts geändert. Bitte neu anmelden.",
        "The session is over; nothing was changed. Please sign in again.",
    )


def _within(address: str) -> str:
    """A page of the console to go to: the one asked for if it is one, else the first."""
    inside = address == PATH or address.startswith((f"{PATH}/", f"{PATH}?"))
    return address if inside and "\\" not in address and address.isprintable() else PATH


def _query(request: Request) -> Mapping[str, str]:
    return dict(parse_qsl(request.url.query, max_num_fields=_MOST_FIELDS))


async def _form(visit: Visit) -> Mapping[str, str]:
    """What a form says; of several with one name the last."""
    try:
        body = (await visit.body.whole(_MOST_BODY)).decode()
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise BadRequest("Das Formular ist nicht lesbar.", "The form cannot be read.") from None
