"""A vhost of its own with the users of production: the gateway's, and one for each adapter."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
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
    with broker_for_all(rabbit, [adapter]) as (gateway, workers):
        yield Broker(gateway, workers[adapter])


@contextmanager
def broker_for_all(rabbit: RabbitServer, adapters: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The same for several adapters: the gateway's address, and that of each adapter's workers."""
    vhost = f"drill-{secrets.token_hex(4)}"
    rabbit.add_vhost(vhost)
    workers = {adapter: f"adapter-{adapter}" for adapter in adapters}
    users = [f"{vhost}-gateway", *workers.values()]
    for user in users:
        rabbit.add_user(user)
    _grant(rabbit, vhost, gateway_permissions(users[0]))
    for adapter in adapters:
        _grant(rabbit, vhost, permissions(adapter))
    try:
        yield rabbit.url(users[0], vhost), {adapter: rabbit.url(user, vhost) for adapter, user in workers.items()}
    finally:
        rabbit.delete_vhost(vhost)
        for user in users:
            rabbit.delete_user(user)


def _grant(rabbit: RabbitServer, vhost: str, granted: Permissions) -> None:
    rabbit.set_permissions(granted.user, vhost, configure=granted.configure, write=granted.write, read=granted.read)
    for exchange, (write, read) in granted.topics.items():
        rabbit.set_topic_permissions(granted.user, vhost, exchange=exchange, write=write, read=read)
