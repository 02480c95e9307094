"""`serve` and `work`: the processes that run until they are asked to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from gateway.cli.options import BrokerUrl, Config, Data, JournalUrl, settings_from
from gateway.cli.running import asked_to_stop, farewell, log_from, terminal
from gateway.errors import Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.settings import Settings

_SANDBOX: Final = Sentence(
    " SANDBOX: nichts von hier erreicht eine echte Behörde ", " SANDBOX: nothing from here reaches a real authority "
)


def serve(
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    broker: BrokerUrl = None,
    host: Annotated[str | None, typer.Option(help="Adresse, an der es horcht.", metavar="ADRESSE")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port, an dem es horcht; 0 nimmt einen freien.", metavar="PORT")
    ] = None,
    kind: Annotated[
        Literal["sandbox", "production"] | None,
        typer.Option(help="Art des Gateways; beim ersten Start ins Journal geschrieben und danach fest."),
    ] = None,
    workers: Annotated[
        bool | None, typer.Option("--workers/--no-workers", help="Auch selbst übergeben, nicht nur annehmen.")
    ] = None,
) -> int:
    """
    Nimmt Anträge an und übergibt sie, bis es beendet wird.

    SIGTERM oder Strg-C beendet es in Ruhe: nicht mehr bereit, Begonnenes fertig, der Rest zurück. Ein zweites Mal
    beendet es sofort; auch dann geht nichts verloren.
    """
    import uvloop

    settings = settings_from(
        config, data=data, journal=journal, broker=broker, host=host, port=port, kind=kind, workers=workers
    )
    log_from(settings.log)
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    from gateway.wiring import serving

    async with serving(settings) as running:
        _greet(settings, running.address)
        await asked_to_stop(farewell)
    return GOOD


def work(
    adapters: Annotated[list[str], typer.Argument(help="Adapter, mit denen übergeben wird.", metavar="ADAPTER")],
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    broker: BrokerUrl = None,
    site: Annotated[
        str | None,
        typer.Option(help="An einem Standort: dessen Tür, https://GATEWAY/v1/sites/NAME.", metavar="URL"),
    ] = None,
) -> int:
    """
    Übergibt, mit einem oder mehreren Adaptern: neben dem Gateway, oder mit --site an einem Standort.

    Neben dem Gateway braucht es RabbitMQ und PostgreSQL, an einem Standort nur eine ausgehende HTTPS-Verbindung und das
    Token des Standorts in GATEWAY_TOKEN.
    """
    import uvloop

    settings = settings_from(config, data=data, journal=journal, broker=broker, site=site)
    log_from(settings.log)
    return uvloop.run(_work(settings, adapters))


async def _work(settings: Settings, adapters: list[str]) -> int:
    if settings.site:  # what a site needs is little, and its machine may be small
        from gateway.outpost import working_at_a_site as working
    else:
        from gateway.wiring import working_beside as working

    async with working(settings, adapters):
        await asked_to_stop(farewell)
    return GOOD


def _greet(settings: Settings, address: str) -> None:
    """Whoever started it by hand sees where it is; everybody else reads the log, which says the same."""
    if not terminal().err.is_terminal:
        return
    if settings.kind == "sandbox":
        terminal().tell(_SANDBOX, "sandbox")
    terminal().tell(
        Sentence(
            f"Das Gateway horcht auf {address}. Strg-C beendet es.",
            f"The gateway listens on {address}. Ctrl-C ends it.",
        )
    )
