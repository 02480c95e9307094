"""
Real servers for tests: private, on free loopback ports, in a temporary folder, gone afterwards.

Only the standard library is used here, so that `python -m tests.services install` runs anywhere.
The servers are plain blocking objects; an async test that stops or starts one does so in a thread:
`await anyio.to_thread.run_sync(rabbit.start)`.
"""

from tests.services.packages import MissingProgram
from tests.services.postgres import PostgresServer
from tests.services.processes import ServerFailed
from tests.services.rabbit import RabbitServer

__all__ = ["MissingProgram", "PostgresServer", "RabbitServer", "ServerFailed"]
