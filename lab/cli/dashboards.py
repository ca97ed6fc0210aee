"""The verb of the dashboards: serve the page until Ctrl-C."""

import threading
import webbrowser
from typing import Annotated

import typer

from lab import config as settings
from lab import terminal
from lab.cli.app import app
from lab.cli.shop import until_stopped
from lab.i18n import t

DEFAULT_PORT = 5602
"""Beside OpenSearch Dashboards, which listens on 5601 in the compose way."""
PortOption = Annotated[
    int, typer.Option(envvar="LAB_DASHBOARDS_PORT", help=t("help.dashboards-port"))
]


@app.command(help=t("help.dashboards"))
def dashboards(
    domain: Annotated[str, typer.Option(help=t("help.dashboards-domain"))] = "",
    port: PortOption = DEFAULT_PORT,
    open_it: Annotated[bool, typer.Option("--open", help=t("help.dashboards-open"))] = False,
) -> None:
    from lab.dashboards.server import Dashboards

    with until_stopped() as stopping, Dashboards(settings.load(), port, domain) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        terminal.OUT.print(t("dashboards.open", url=server.url), soft_wrap=True)
        terminal.show_next(t("dashboards.stop"))
        if open_it:
            webbrowser.open(server.url)
        stopping.wait()
        server.shutdown()
