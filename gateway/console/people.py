"""Who has an account, and who did what; for those who administer."""

from __future__ import annotations

from fastapi import Response

from gateway.account import Right
from gateway.console import saying
from gateway.console.entrance import PATH
from gateway.console.house import Asked
from gateway.console.rendering import elsewhere
from gateway.errors import NotResponsible


async def accounts(asked: Asked) -> Response:
    """Everybody, and what was done of late."""
    asked.account.insist(Right.ADMINISTER)
    book = asked.desk.book
    return asked.page("accounts.html", accounts=await book.accounts(), done=await book.deeds(), deeds=saying.DEEDS)


async def revoke(asked: Asked) -> Response:
    """An account ends, and its sessions."""
    asked.account.insist(Right.ADMINISTER)
    name = asked.path["account"]
    if name == asked.account.name:
        raise NotResponsible(
            "Das eigene Konto sperrt niemand selbst; sonst bliebe vielleicht keines übrig.",
            "Nobody revokes their own account; perhaps none would be left.",
        )
    await asked.desk.book.revoke_account(name, asked.account.name)
    return elsewhere(f"{PATH}/accounts")
