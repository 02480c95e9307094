"""Templates to pages: in the visitor's language, everything escaped, and nothing loaded from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.account import Right
from gateway.console import saying
from gateway.console.entrance import PATH, Guest
from gateway.errors import Language, Sentence

_HERE: Final = Path(__file__).parent
STATIC: Final = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}

_KEPT_TO_THEMSELVES: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

_environment: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    template: str,
    language: Language,
    *,
    guest: Guest | None,
    sandbox: bool,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **facts: Any,
) -> Response:
    """A page as an answer."""
    content = _environment.get_template(template).render(
        language=language.value,
        say=partial(_say, language=language),
        told=lambda sentence: sentence.into(language),
        state=partial(saying.state, language=language),
        number=partial(saying.number, language=language),
        span=partial(saying.span, language=language),
        moment=saying.moment,
        code=lambda words, code: saying.told(words, code, language),
        account=guest.account if guest else None,
        token=guest.token if guest else "",
        may=lambda right: guest is not None and guest.account.may(Right(right)),
        sandbox=sandbox,
        root=PATH,
        versions=_versions(),
        **facts,
    )
    return Response(
        content,
        status,
        {**_KEPT_TO_THEMSELVES, "Content-Language": language.value, **(headers or {})},
        "text/html; charset=utf-8",
    )


def elsewhere(to: str, headers: Mapping[str, str] | None = None) -> Response:
    """See another page, by GET."""
    return Response(status_code=303, headers={"Location": to, "Cache-Control": "no-store", **(headers or {})})


def static(name: str) -> Response | None:
    """The style sheet or the script; None for anything else."""
    if name not in STATIC:
        return None
    headers = {
        "Content-Type": STATIC[name],
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response((_HERE / "static" / name).read_bytes(), headers=headers)


@cache
def _versions() -> dict[str, str]:
    """A part of each file's digest, so that browsers keep it until it changes."""
    return {name: hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12] for name in STATIC}


def _say(de: str, en: str, *, language: Language) -> str:
    """Templates have both languages side by side."""
    return Sentence(de, en).into(language)
