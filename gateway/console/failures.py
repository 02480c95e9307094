"""What waits for people: grouped by cause; one decided on its own, or a group in a campaign."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from fastapi import Response

from gateway import telling
from gateway.account import EVERY, Right
from gateway.campaign import FASTEST, Campaign, Plan, Verdict
from gateway.console import saying
from gateway.console.entrance import PATH
from gateway.console.house import Asked, nothing_here
from gateway.console.rendering import elsewhere
from gateway.errors import BadRequest
from gateway.operating import Kind
from gateway.submission import SECOND, SubmissionId

_DEEDS: Final = (Verdict.RETRY, Verdict.DROP)


async def groups(asked: Asked) -> Response:
    """All groups, the largest first, and the campaigns of late."""
    scope, book = asked.account.scope, asked.desk.book
    found = await book.groups(scope)
    return asked.page(
        "failures.html",
        groups=found,
        total=sum(one.number for one in found),
        most=max((one.number for one in found), default=0),
        campaigns=await book.campaigns(scope, 10),
        titles=_titles(asked),
        age=lambda at: (asked.desk.gateway.clock() - at) / SECOND,
    )


# ── one ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def retry(asked: Asked) -> Response:
    """One goes on its way again."""
    return await _decide(asked, Verdict.RETRY)


async def drop(asked: Asked) -> Response:
    """One is dropped."""
    return await _decide(asked, Verdict.DROP)


async def _decide(asked: Asked, verdict: Verdict) -> Response:
    asked.account.insist(Right.DECIDE)
    reason, submission = asked.reason(), SubmissionId(asked.path["submission"].lower())
    if await asked.desk.book.timeline(submission, asked.account.scope) is None:
        raise nothing_here()
    gateway, version = asked.desk.gateway, _whole(asked.form, "version", 0, 2**60)
    decide = gateway.journal.release if verdict is Verdict.RETRY else gateway.journal.drop
    telling.decided(await decide(submission, asked.account.name, reason, version))
    gateway.bell.ring()
    gateway.news.tell(submission)
    return elsewhere(f"{PATH}/submissions/{submission}")


# ── a group ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def consider(asked: Asked) -> Response:
    """What a campaign would do, before it does anything; the form that begins it."""
    asked.account.insist(Right.DECIDE)
    kind, destination = _kind(asked.query), asked.query.get("destination", "")
    gateway = asked.desk.gateway
    estimate = await asked.desk.book.estimate(kind, destination, asked.account.scope)
    verdict = Verdict.DROP if asked.query.get("verdict") == Verdict.DROP else Verdict.RETRY
    return asked.page(
        "consider.html",
        kind=kind,
        destination=destination,
        verdict=verdict,
        verdicts=_DEEDS,
        estimate=estimate,
        titles=_titles(asked),
        minutes=estimate.number / 60,
        resting=gateway.tables.resting(gateway.clock()),
        id=uuid.uuid4().hex,
    )


async def begin(asked: Asked) -> Response:
    """A campaign begins; sent twice, it begins once."""
    asked.account.insist(Right.DECIDE)
    account, form = asked.account, asked.form
    id_ = form.get("id", "")
    if len(id_) != 32 or not set(id_) <= set("0123456789abcdef"):
        raise BadRequest("Das Formular ist nicht vollständig.", "The form is not complete.")
    if form.get("verdict") not in tuple(Verdict):
        raise BadRequest("Bitte sagen, was geschehen soll.", "Please say what is to be done.")
    plan = Plan(
        id=id_,
        verdict=Verdict(form["verdict"]),
        kind=_kind(form),
        destination=form.get("destination", ""),
        authorities=(EVERY,) if account.scope is None else tuple(sorted(account.authorities)),
        by=account.name,
        reason=asked.reason(),
        rate=_whole(form, "rate", 1, FASTEST),
        stop_share=_whole(form, "stop_share", 1, 100),
    )
    campaign = await asked.desk.book.begin_campaign(plan)
    return elsewhere(f"{PATH}/campaigns/{campaign.plan.id}")


async def campaigns(asked: Asked) -> Response:
    """All campaigns, the latest first."""
    found = await asked.desk.book.campaigns(asked.account.scope)
    return asked.page("campaigns.html", campaigns=found, titles=_titles(asked))


async def campaign(asked: Asked) -> Response:
    """One campaign."""
    return asked.page("campaign.html", campaign=await _campaign(asked), titles=_titles(asked), becauses=saying.BECAUSES)


async def cancel(asked: Asked) -> Response:
    """One campaign ends; what it sent goes its way."""
    asked.account.insist(Right.DECIDE)
    reason, known = asked.reason(), await _campaign(asked)
    await asked.desk.book.cancel_campaign(known.plan.id, asked.account.name, reason)
    return elsewhere(f"{PATH}/campaigns/{known.plan.id}")


async def _campaign(asked: Asked) -> Campaign:
    found = await asked.desk.book.campaign(asked.path["campaign"], asked.account.scope)
    if found is None:
        raise nothing_here()
    return found


def _kind(said: Mapping[str, str]) -> Kind:
    return Kind(said.get("cause", ""), said.get("adapter", ""), said.get("service", ""), said.get("test") == "1")


def _titles(asked: Asked) -> Mapping[str, str]:
    return {service.name: service.title for service in asked.desk.gateway.tables.services}


def _whole(said: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = said.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19 and least <= int(text) <= most):
        raise BadRequest(
            f"„{name}“ muss eine ganze Zahl von {least} bis {most} sein; es wurde nichts geändert.",
            f"'{name}' has to be a whole number from {least} to {most}; nothing was changed.",
        )
    return int(text)
