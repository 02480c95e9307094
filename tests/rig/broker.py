"""A vhost of its own with the users of production: the gateway's, and one for each adapter."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.drivers.rabbitmq import Permissions, gateway_permissions, permissions
from tests.services import RabbitServer


@dataclass(frozen=True, slots=True)
class Broker:
    """Both sides' addresses on one vhost."""

    gateway: str
    worker: str


@contextmanager
def broker_for(rabbit: RabbitServer, adapter: str = "filedrop") -> Iterator[Broker]:
    """A fresh vhost with both users and their narrow permissions; gone with everything in it afterwards."""
    vhost = f"drill-{secrets.token_hex(4)}"
    rabbit.add_vhost(vhost)
    users = [f"{vhost}-gateway", f"adapter-{adapter}"]
    for user in users:
        rabbit.add_user(user)
    _grant(rabbit, vhost, gateway_permissions(users[0]))
    _grant(rabbit, vhost, permissions(adapter))
    try:
        yield Broker(*(rabbit.url(user, vhost) for user in users))
    finally:
        rabbit.delete_vhost(vhost)
        for user in users:
            rabbit.delete_user(user)


def _grant(rabbit: RabbitServer, vhost: str, granted: Permissions) -> None:
    rabbit.set_permissions(granted.user, vhost, configure=granted.configure, write=granted.write, read=granted.read)
    for exchange, (write, read) in granted.topics.items():
        rabbit.set_topic_permissions(granted.user, vhost, exchange=exchange, write=write, read=read)
