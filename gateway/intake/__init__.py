"""
The HTTP door for portals.

    door        the way of a request, and the answer to everything that goes wrong
    calls       what can be asked, one method each
    visit       a request before its body is read: headers, language, trace
    body        the body as it arrives, watched by the clock
    multipart   its parts, one after the other
    unpacking   document and attachments out of it
    parameters  query, keys, media types
    identity    who a request says it comes from
    register    who may come in, by their tokens
    clients     the portals among them
    crowd       how many at once
    waiting     those who wait for news
    limits      how much, how long
    responses   JSON and problem+json
    refusals    which error has which status
    routes      responsibility as JSON
    openapi     how calls are described
    description what OpenAPI says of these
    examples    what it shows
    front_page  the page behind `/`
    connection  what the server does before there is a request
"""

from gateway.intake.clients import ClientRegister, token_hash
from gateway.intake.connection import Connection
from gateway.intake.description import samples_in
from gateway.intake.door import build
from gateway.intake.limits import Limits

__all__ = ["ClientRegister", "Connection", "Limits", "build", "samples_in", "token_hash"]
