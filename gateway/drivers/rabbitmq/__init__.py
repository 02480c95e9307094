"""
Dispatch over RabbitMQ: quorum queues, confirms, one user per adapter, and a marker that tells an emptied broker.

Runs on 3.10 (Debian 12) and on 4.x. What differs there: since 4.0 a queue without its own limit drops a message after
20 returns, so ours is stated; since 4.3 only rejects and lost connections count towards it, so a handler that broke
rejects and one that merely stops gives back; a worker's consumers may hold a letter for 30 minutes in both before the
broker takes it back (`consumer_timeout`, from 4.3 on quorum queues only).
"""

import logging

from gateway.drivers.rabbitmq.dispatch import RabbitDispatch
from gateway.drivers.rabbitmq.post import RabbitPost
from gateway.drivers.rabbitmq.topology import Permissions, gateway_permissions, permissions, user_of

# What these would say, our events say. Their lines are not JSON, and one of them prints a whole message.
for _name in ("aio_pika", "aiormq"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False

__all__ = ["Permissions", "RabbitDispatch", "RabbitPost", "gateway_permissions", "permissions", "user_of"]
