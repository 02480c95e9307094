"""Who a request says it comes from."""

from __future__ import annotations

from gateway.errors import NotIdentified
from gateway.intake.visit import Visit


def token_in(visit: Visit) -> str:
    """
    The token that a request carries.

    Raises:
        NotIdentified: there is none.
        BadRequest: a header that counts is there twice.
    """
    visit.check_headers()
    scheme, _, token = visit.header(b"authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotIdentified(
            "Die Anfrage braucht den Header Authorization: Bearer <Token>. Tokens vergibt der Betreiber des Gateways.",
            "The request needs the header Authorization: Bearer <token>. The gateway's operator issues tokens.",
        )
    return token.strip()


def unknown_token() -> NotIdentified:
    """Unknown or revoked: which of the two is not said."""
    return NotIdentified(
        "Dieses Token gilt hier nicht oder nicht mehr. Tokens vergibt der Betreiber des Gateways.",
        "This token is not valid here, or no longer. The gateway's operator issues tokens.",
    )
