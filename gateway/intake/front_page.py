"""The page behind `/`: says what this is, and leads on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request, Response

from gateway.journey import Kind

_SAME_HOUSE_ONLY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Language": "de",
}

_BANNER: Final = (
    '<p class="sandbox" role="note"><strong>Sandbox.</strong> Nichts von hier erreicht eine echte Behörde.</p>'
)

_PAGE: Final = """<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Antragsgateway</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #1b1b1b; }}
a {{ color: #0b4f9c; }}
.sandbox {{ background: #fff1c2; border: 2px solid #8a5a00; padding: .6rem 1rem; }}
</style>
</head>
<body>
<main>
<h1>Antragsgateway</h1>
{banner}
<p>Hier nimmt das Antragsgateway Anträge von Online-Diensten an und bringt sie zum Fachverfahren der zuständigen
Behörde. Diese Seite ist für die Menschen, die einen Online-Dienst anschließen.</p>
<ul>
<li><a href="/openapi.json">Beschreibung der Schnittstelle (OpenAPI)</a></li>
<li><a href="/readyz">Betriebsbereitschaft</a></li>
</ul>
</main>
</body>
</html>
"""


def front_page(kind: Kind) -> Callable[[Request], Awaitable[Response]]:
    """The page, for a sandbox or for production."""
    page = _PAGE.format(banner=_BANNER if kind == "sandbox" else "")

    async def show(_: Request) -> Response:
        return Response(page, media_type="text/html", headers=_SAME_HOUSE_ONLY)

    return show
