"""The settings: read once from a file and the environment, validated, frozen. No other file reads the environment."""

from __future__ import annotations

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from gateway.errors import BadSettings

_SCHEMES: Final = {
    "journal": ("postgresql://", "postgres://", "sqlite:///"),
    "broker": ("amqp://", "amqps://"),
}
_BESIDE: Final = Path(__file__).parent.parent
_INSIDE: Final = Path(__file__).parent / "_facts"


def _facts(name: str) -> Path:
    """The folder of facts beside the package, as in the repository, or inside it, as in the wheel."""
    beside = _BESIDE / name
    return beside if (beside / "README.md").is_file() else _INSIDE / name


class Settings(BaseSettings):
    """
    What an operator can set: each field is an environment variable `GATEWAY_<NAME>`, or a key of the TOML file.

    The environment goes before the file. An unknown key in the file is an error.
    """

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="forbid", frozen=True, populate_by_name=True)

    kind: Literal["sandbox", "production"] = Field(
        "sandbox", description="sandbox (simulators and assumed interfaces may go live) or production; settled for good"
    )
    data: Path = Field(Path("var"), description="folder of everything a running gateway writes")
    journal: SecretStr = Field(
        SecretStr(""), description="postgresql://… of the journal; empty: a SQLite file in the data folder"
    )
    broker: SecretStr = Field(SecretStr(""), description="amqp://… of RabbitMQ; empty: letters stay in the process")
    workers: bool = Field(
        default=True, description="without a broker: deliver in the serving process, as there is no other way"
    )
    host: str = Field("127.0.0.1", description="address the HTTP door listens on")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8420, description="port of the HTTP door; 0 takes a free one")
    xsd: Path = Field(default_factory=lambda: _facts("xsd"), description="folder of the schema packages")
    store: Path | None = Field(
        None, description="folder of the schema packages installed by the operator; empty: schemas in the data folder"
    )
    routing: Path = Field(default_factory=lambda: _facts("routing"), description="folder of the routing tables")
    secrets: Path | None = Field(
        None,
        description="folder with one file for each secret that destinations.toml refers to; empty: secrets in the data "
        "folder",
    )
    attachments: Path | None = Field(
        None, description="folder of attachments, shared by replicas; empty: in the data folder"
    )
    max_document: int = Field(25 * 1024 * 1024, description="bytes of a document at most")
    max_attachment: int = Field(500 * 1024 * 1024, description="bytes of one attachment at most")
    max_attachments: int = Field(100, description="attachments of one submission at most")
    max_together: int = Field(2 * 1024**3, description="bytes of all attachments of one submission at most")
    body_seconds: float = Field(300.0, description="seconds a request body may take altogether")
    idle_seconds: float = Field(20.0, description="seconds a request body may pause")
    wait_seconds: Annotated[int, Field(ge=0)] = Field(
        30, description="seconds a request may wait for news at most (Prefer: wait); 0: none waits"
    )
    at_once: int = Field(64, description="deliveries a worker has in hand at most, over all destinations")
    delivery_seconds: float | None = Field(
        None, description="seconds one delivery may take, where that is less than the adapter's own limit"
    )
    collect_seconds: float = Field(
        60.0, description="seconds between two looks for replies at a Fachverfahren that does not bring them itself"
    )
    look_seconds: Annotated[float, Field(gt=0)] = Field(
        3_600.0,
        description="seconds between two looks at each destination, which deliver nothing: whether it can be reached, "
        "and until when its certificates hold",
    )
    lease_spare: float = Field(
        60.0, description="seconds a worker's claim lasts beyond asking and delivering, to bring the outcome back"
    )
    retry_first: float = Field(10.0, description="seconds before the first retry; doubles each time, with jitter")
    retry_longest: float = Field(3_600.0, description="seconds between two retries at most")
    give_up_days: float = Field(14.0, description="days after which a failing delivery waits for a human instead")
    unclaimed_seconds: float = Field(
        900.0, description="seconds after which a letter that no worker claimed is sent again"
    )
    snapshot_seconds: Annotated[float, Field(gt=0)] = Field(
        15.0, description="seconds between two snapshots of the journal for /metrics, which one replica takes for all"
    )
    metrics_port: Annotated[int | None, Field(ge=0, le=65_535)] = Field(
        None, description="port at which a worker answers /livez and /metrics; empty: none"
    )
    webhook_networks: str = Field(
        "",
        description="networks that webhooks may lead to although they are not public, separated by commas; empty: none",
    )
    webhook_seconds: Annotated[float, Field(gt=0)] = Field(
        15.0, description="seconds a portal has to answer one webhook message"
    )
    webhook_days: Annotated[float, Field(gt=0)] = Field(
        5.0,
        description="days after which a webhook that takes nothing is switched off, and a message it refuses given up",
    )
    console: bool = Field(default=True, description="serve the pages for those who watch over it, at /console")
    console_minutes: Annotated[float, Field(gt=0)] = Field(
        60.0, description="minutes without a page after which somebody signs in to the console again"
    )
    stop_wait: float = Field(0.0, description="seconds between 'not ready' and closing the door, for load balancers")
    answers_as: str = Field("Antragsgateway", description="who the gateway's own XÖV messages say they are from")
    answers_kennung: str = Field(
        "",
        pattern=r"^([a-z]{3}:\d+)?$",
        description="Kennung in the DVDV of the gateway's own XÖV messages; empty: that of the reader it checks for",
    )
    answers_contact: str = Field(
        "", description="e-mail address for questions about them; empty: the part of a Rückweisung with it is left out"
    )
    log: Literal["debug", "info", "warning", "error"] = Field("info", description="least level of log lines")
    url: str = Field("http://127.0.0.1:8420", description="address of the gateway that `submit` and `status` ask")
    token: SecretStr = Field(
        SecretStr(""), description="token with which `submit` and `status` ask, and a worker at a site picks up"
    )
    site: str = Field("", description="address of the pickup door that `work` uses: https://GATEWAY/v1/sites/NAME")
    site_authorities: Path | None = Field(
        None, description="file with the certificates that vouch for the gateway at a site; empty: those of the system"
    )
    proxy: SecretStr = Field(
        SecretStr(""), description="http://… of the proxy between a site and its gateway; empty: HTTPS_PROXY"
    )
    https_proxy: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("GATEWAY_HTTPS_PROXY", "HTTPS_PROXY"),
        description="the proxy of the machine (HTTPS_PROXY), where `proxy` says nothing and the gateway is elsewhere",
    )

    @field_validator("journal", "broker")
    @classmethod
    def _names_a_server(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        schemes = _SCHEMES[info.field_name or ""]
        if url.get_secret_value() and not url.get_secret_value().startswith(schemes):
            raise ValueError(f"{' / '.join(f'{scheme}…' for scheme in schemes)}")
        return url

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, listed: str) -> str:
        try:
            for one in filter(None, (part.strip() for part in listed.split(","))):
                ip_network(one)
        except ValueError:
            raise ValueError("10.20.0.0/16, fd00:1::/64, …") from None
        return listed

    @property
    def journal_url(self) -> str:
        """The journal's address: what was set, or the SQLite file in the data folder."""
        return self.journal.get_secret_value() or f"sqlite:///{(self.data / 'journal.db').resolve()}"

    @property
    def broker_url(self) -> str | None:
        """RabbitMQ's address, None where letters stay in the process."""
        return self.broker.get_secret_value() or None

    @property
    def store_folder(self) -> Path:
        """Where `schemas install` puts packages."""
        return self.store or self.data / "schemas"

    @property
    def schema_folders(self) -> tuple[Path, Path]:
        """All folders of schema packages: those that came along, and those of the operator."""
        return self.xsd, self.store_folder

    @property
    def reply_folders(self) -> tuple[Path, Path]:
        """All folders of tables that say what is a reply: those that came along, and those of the operator."""
        return self.xsd / "replies", self.store_folder / "replies"

    @property
    def secret_folder(self) -> Path:
        """Where secrets lie."""
        return self.secrets or self.data / "secrets"

    @property
    def attachment_folder(self) -> Path:
        """Where attachments lie."""
        return self.attachments or self.data / "attachments"

    @property
    def site_proxy(self) -> str | None:
        """The proxy on the way from a site to its gateway; None where there is none between."""
        here = urlsplit(self.site).hostname in ("localhost", "127.0.0.1", "::1")
        return self.proxy.get_secret_value() or (None if here else self.https_proxy.get_secret_value()) or None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options of the command line first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def built_in(**options: Any) -> Settings:
    """These options and the defaults, whatever the environment says: for the demo, which knows what to expect."""

    class Alone(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings,)

    return Alone(**options)


def read(file: Path | None = None, **options: Any) -> Settings:
    """
    The settings from a TOML file (if any), the environment and these options; options that are None say nothing.

    Raises:
        BadSettings: a key is unknown, a value impossible, the file unreadable; names them, never their values.
    """
    said = {name: value for name, value in options.items() if value is not None}

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    try:
        if file is not None:
            file.read_bytes()
        return FromFile(**said)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)
        )
        raise BadSettings(f"Einstellungen stimmen nicht: {wrong}.", f"Settings are wrong: {wrong}.") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "kein TOML / not TOML"
        raise BadSettings(
            f"Die Einstellungsdatei {file} ist nicht lesbar ({reason}).",
            f"The settings file {file} cannot be read ({reason}).",
        ) from None
