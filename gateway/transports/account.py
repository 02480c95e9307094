"""An account on a server that is reached over SSH; apart from the client, so that reading settings loads no SSH."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where, as whom, and how both prove who they are. Secrets stay in their files and are read for each connection."""

    host: str
    port: int = 22
    user: str
    host_keys: tuple[str, ...]
    """public keys as OpenSSH writes them, `ssh-ed25519 AAAA…`; one of them is the server's"""
    key: Path | None = None
    password: Path | None = None
    connect: float = 20.0
    """seconds for name, connection and login"""
