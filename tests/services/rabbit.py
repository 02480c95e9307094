"""A private RabbitMQ: its own node, port mapper, cookie and data, on loopback only."""

import os
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from tests.services.packages import EPMD, ERL_CALL, RABBITMQ_SERVER, RABBITMQCTL
from tests.services.processes import Process, ServerFailed, answers, free_port, temporary_folder

ADMINISTRATOR: Final = "administrator"
"""The user every new node has; it may do everything in the vhost `/`."""

EVERYTHING: Final = ".*"
NOTHING: Final = "^$"


class RabbitServer:
    """
    One node: `with RabbitServer() as rabbit: connect(rabbit.url())`.

    Vhosts, users and permissions are what an operator declares, not what a broker stores: they are
    declared again when the node starts after `wipe()`.
    """

    def __init__(self, *, metrics: bool = False) -> None:
        """With `metrics` its own exporter for Prometheus answers at `metrics_port`."""
        self._metrics = metrics
        self.metrics_port = free_port()
        self.folder = temporary_folder()
        self._log = self.folder / "rabbitmq.log"
        # Erlang resolves the part after the @; `localhost` works where the machine's own name does not.
        self._node = f"test{secrets.token_hex(4)}@localhost"
        self._cookie = secrets.token_hex(16)
        self._passwords = {ADMINISTRATOR: secrets.token_hex(16)}
        self._declared: dict[tuple[str, ...], str] = {}
        self._wiped = False
        self.port, self.mapper_port, self._distribution_port = free_port(), free_port(), free_port()
        self._mapper: Process | None = None
        self._process: Process | None = None

    def __enter__(self) -> Self:
        try:
            self._write_configuration()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------------------- its life

    @property
    def pid(self) -> int | None:
        """The node's process id; None while it is stopped."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, or start again with the same data on the same port; returns when it takes connections."""
        if self._process:
            return
        self._start_mapper()
        self._process = Process([RABBITMQ_SERVER.path()], log=self._log, env=self._environment)
        self._process.wait_until(lambda: answers(self.port), within=150)
        self._erlang("ok = rabbit:await_startup()")
        if self._wiped:
            for expression in self._declared.values():
                self._erlang(expression)
            self._wiped = False

    def stop(self) -> None:
        """A graceful stop: clients are told, queues are closed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """
        SIGKILL: nobody is told, nothing is closed.

        Only the list of quorum queues is written first. RabbitMQ 3.10 does that up to three seconds late,
        and a queue killed earlier is declared but dead for ever after: it takes nothing and gives nothing.
        """
        if self._process:
            self._erlang("[ok = dets:sync(Table) || Table <- dets:all()]")
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Delete the data directory of the stopped node: the next start finds no queue and no message."""
        if self._process:
            raise ServerFailed("Stop the node before its data is deleted.")
        shutil.rmtree(self.folder / "data")
        self._wiped = True

    def close(self) -> None:
        """Stop the node and its port mapper and remove everything; a second call does nothing."""
        try:
            self._end(signal.SIGTERM)
        finally:
            if self._mapper:
                mapper, self._mapper = self._mapper, None
                mapper.end(signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)

    # ----------------------------------------------------------------------------- its users

    def url(self, user: str = ADMINISTRATOR, vhost: str = "/") -> str:
        return f"amqp://{user}:{self._passwords[user]}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def add_vhost(self, vhost: str) -> None:
        self._declare(("vhost", vhost), f"ok = rabbit_vhost:add({_binary(vhost)}, {_ACTOR})")

    def delete_vhost(self, vhost: str) -> None:
        """Delete the vhost with its queues; its permissions go with it, its users stay."""
        self._declared = {key: said for key, said in self._declared.items() if key[0] == "user" or key[1] != vhost}
        self._erlang(f"rabbit_vhost:delete({_binary(vhost)}, {_ACTOR})")

    def add_user(self, user: str, password: str | None = None) -> None:
        """Add a user who may do nothing yet; without a password one is made up (see `url`)."""
        self._passwords[user] = password or secrets.token_hex(16)
        arguments = f"{_binary(user)}, {_binary(self._passwords[user])}, {_ACTOR}"
        self._declare(("user", user), f"ok = rabbit_auth_backend_internal:add_user({arguments})")

    def delete_user(self, user: str) -> None:
        self._declared = {key: said for key, said in self._declared.items() if key[0] == "vhost" or key[-1] != user}
        self._erlang(f"rabbit_auth_backend_internal:delete_user({_binary(user)}, {_ACTOR})")

    def set_permissions(
        self,
        user: str,
        vhost: str = "/",
        *,
        configure: str = NOTHING,
        write: str = NOTHING,
        read: str = NOTHING,
    ) -> None:
        """Three regular expressions over names of queues and exchanges, as in `rabbitmqctl set_permissions`."""
        arguments = ", ".join(_binary(text) for text in (user, vhost, configure, write, read))
        self._declare(
            ("permissions", vhost, user),
            f"ok = rabbit_auth_backend_internal:set_permissions({arguments}, {_ACTOR})",
        )

    def set_topic_permissions(
        self, user: str, vhost: str = "/", *, exchange: str, write: str = NOTHING, read: str = NOTHING
    ) -> None:
        """Two regular expressions over routing keys, as in `rabbitmqctl set_topic_permissions`."""
        arguments = ", ".join(_binary(text) for text in (user, vhost, exchange, write, read))
        self._declare(
            ("topics", vhost, exchange, user),
            f"ok = rabbit_auth_backend_internal:set_topic_permissions({arguments}, {_ACTOR})",
        )

    def ctl(self, *words: str) -> str:
        """Run `rabbitmqctl` against this node and return what it prints; takes about a second."""
        done = subprocess.run(
            [RABBITMQCTL.path(), "-n", self._node, "-q", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"rabbitmqctl {words[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    # ---------------------------------------------------------------------------- the inside

    def _start_mapper(self) -> None:
        if self._mapper and self._mapper.alive:
            return
        command: list[str | Path] = [EPMD.path(), "-port", str(self.mapper_port), "-address", "127.0.0.1"]
        self._mapper = Process(command, log=self._log, env=self._environment)
        self._mapper.wait_until(lambda: answers(self.mapper_port))

    def _end(self, sign: signal.Signals) -> None:
        if self._process:
            process, self._process = self._process, None
            process.end(sign, within=60)

    def _declare(self, key: tuple[str, ...], expression: str) -> None:
        self._erlang(expression)
        self._declared[key] = expression

    def _erlang(self, expression: str) -> str:
        """Evaluate inside the node; `rabbitmqctl` says the same a hundred times slower."""
        done = subprocess.run(
            [ERL_CALL.path(), "-address", f"127.0.0.1:{self._distribution_port}", "-R", "-c", self._cookie, "-e"],
            input=f"{expression}.\n",
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0 or not done.stdout.startswith("{ok,"):
            raise ServerFailed(f"RabbitMQ refused {expression}: {done.stdout}{done.stderr}")
        return done.stdout.removeprefix("{ok,").removesuffix("}").strip()

    @property
    def _environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.mapper_port),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # Loopback for the distribution too; no port mapper but ours, because one that a node starts
            # stays behind; and idle schedulers sleep instead of spinning.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +sbwt none"
            ),
            # The start script becomes the node instead of its parent, so that signals reach the node.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _write_configuration(self) -> None:
        cookie = self.folder / ".erlang.cookie"
        cookie.touch(mode=0o600)
        cookie.write_text(self._cookie)
        cookie.chmod(0o400)
        (self.folder / "enabled_plugins").write_text(f"[{'rabbitmq_prometheus' if self._metrics else ''}].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"default_user = {ADMINISTRATOR}\n"
            f"default_pass = {self._passwords[ADMINISTRATOR]}\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.file.level = warning\n"
            + (f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {self.metrics_port}\n" if self._metrics else "")
        )


_ACTOR: Final = '<<"tests">>'
"""Whom the broker's own log names for a change."""


def _binary(text: str) -> str:
    """An Erlang binary literal."""
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'<<"{escaped}">>'
