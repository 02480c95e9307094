"""
Real servers for tests: private, on free loopback ports, in a temporary folder, gone afterwards.

`python -m tests.services install` needs the libraries of the lock file and nothing else.
The servers are plain blocking objects; an async test that stops or starts one does so in a thread:
`await anyio.to_thread.run_sync(rabbit.start)`.
"""

from tests.services.packages import MissingProgram
from tests.services.postgres import PostgresServer
from tests.services.processes import ServerFailed
from tests.services.prometheus import PrometheusServer
from tests.services.rabbit import RabbitServer
from tests.services.ssh import SshServer

__all__ = ["MissingProgram", "PostgresServer", "PrometheusServer", "RabbitServer", "ServerFailed", "SshServer"]
