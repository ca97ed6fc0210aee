"""The verbs of the bookshop: shop, traffic, agent."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lab import config as settings
from lab import terminal
from lab.cli.app import app
from lab.config import ACCESS_KEY_ID, HOST, REGION, ROOT, SECRET_ACCESS_KEY
from lab.i18n import decimal, number, t

PortOption = Annotated[int, typer.Option(envvar="LAB_SHOP_PORT", help=t("help.shop-port"))]
DEFAULT_PORT = 8080


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM set the event; a second Ctrl-C ends the command at once."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def say(text: str) -> None:
    """Not broken into lines: paths are copied from here."""
    terminal.OUT.print(text, soft_wrap=True)


def log_to(path: Path, logger: logging.Logger, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("[%(asctime)s] %(message)s"))
    logger.setLevel(level)
    logger.addHandler(handler)


@app.command(help=t("help.shop"))
def shop(
    port: PortOption = DEFAULT_PORT,
    rotate_mb: Annotated[float, typer.Option(help=t("help.rotate-mb"))] = 10,
    keep: Annotated[int, typer.Option(help=t("help.keep"))] = 5,
) -> None:
    from lab.shop.access_log import AccessLog
    from lab.shop.server import Counter, Shop
    from lab.shop.site import Site

    path = settings.load().home / "shop" / "access_log"
    log_to(path.with_name("error_log"), logging.getLogger("lab.shop.site"), logging.DEBUG)
    log = AccessLog(path, int(rotate_mb * 1_000_000), keep)
    note = Counter(log)
    with until_stopped() as stopping, Shop(Site(), note, port) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        terminal.OUT.print(t("shop.open", url=server.url))
        say(t("shop.log", path=path, size=f"{rotate_mb:g}", keep=keep))
        terminal.show_next(t("shop.visitors"))
        stopping.wait()
        server.shutdown()
    log.close()
    say(t("shop.closed", count=number(note.count), path=path))


@app.command(help=t("help.traffic"))
def traffic(  # noqa: PLR0913, PLR0917 - the options of the command
    visitors: Annotated[int | None, typer.Option(help=t("help.visitors"))] = None,
    rate: Annotated[float, typer.Option(help=t("help.rate"))] = 10,
    seed: Annotated[int, typer.Option(help=t("help.seed"))] = 1,
    minutes: Annotated[float | None, typer.Option(help=t("help.minutes"))] = None,
    errors: Annotated[bool, typer.Option("--errors", help=t("help.errors"))] = False,
    port: PortOption = DEFAULT_PORT,
) -> None:
    from lab.shop.traffic import Plan, Tally, send

    plan = Plan(seed, rate, visitors, minutes, errors)
    plan.check()
    url = f"http://{HOST}:{port}"
    limits = _limits(visitors, minutes)
    say(t("traffic.begins", url=url, seed=seed, rate=f"{rate:g}", limits=limits))
    begun = time.monotonic()

    def tell(tally: Tally) -> None:
        line = t(
            "traffic.progress",
            requests=number(tally.requests),
            visitors=number(len(tally.visitors)),
            errors=number(tally.errors),
        )
        status.update(line)

    with until_stopped() as stopping, terminal.OUT.status("") as status:
        tally = send(plan, url, tell, stopping)
    terminal.OUT.print(
        t(
            "traffic.done",
            requests=number(tally.requests),
            visitors=number(len(tally.visitors)),
            seconds=decimal(time.monotonic() - begun),
        )
    )
    for code, count in sorted(tally.statuses.items()):
        terminal.OUT.print(f"  {t('traffic.answers', status=code, count=number(count))}")


def _limits(visitors: int | None, minutes: float | None) -> str:
    parts = []
    if visitors is not None:
        parts.append(t("traffic.limit_visitors", count=number(visitors)))
    if minutes is not None:
        parts.append(t("traffic.limit_minutes", minutes=f"{minutes:g}"))
    return ", ".join(parts) or t("traffic.no_limit")


@app.command(help=t("help.agent"))
def agent(
    config: Annotated[Path, typer.Option(help=t("help.agent-config"))] = ROOT
    / "solutions"
    / "bookshop"
    / "agent.json",
    once: Annotated[bool, typer.Option("--once", help=t("help.agent-once"))] = False,
) -> None:
    import boto3
    from botocore.config import Config as BotoConfig

    from lab.agent import settings as agent_settings
    from lab.agent.agent import Agent
    from lab.agent.sender import Tally

    lab = settings.load()
    given = agent_settings.load(config, lab.home)
    log_to(lab.home / "agent" / "agent.log", logging.getLogger("lab.agent"), logging.INFO)
    # The agent tries again itself, and for longer.
    options = BotoConfig(connect_timeout=5, read_timeout=30, retries={"max_attempts": 0})
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        region_name=REGION,
    )
    for flow in given.flows:
        say(t("agent.begins", pattern=flow.pattern, destination=flow.destination))
    if given.not_used:
        say(t("agent.not_used", names=", ".join(given.not_used), url=lab.endpoint_url))

    told = ""

    def tell(tally: Tally) -> None:
        nonlocal told
        status.update(t("agent.progress", **_counts(tally)))
        if tally.problem and tally.problem != told:
            told = tally.problem
            say(f"[yellow]![/] {escape(told)}")

    with until_stopped() as stopping, terminal.OUT.status("") as status:

        def client_of(service: str) -> Any:
            return session.client(service, endpoint_url=lab.endpoint_url, config=options)

        tally = Agent(given, client_of, stopping).run(once, tell)
    say(t("agent.done", **_counts(tally)))


def _counts(tally: Any) -> dict[str, str]:
    names = ("parsed", "sent", "failed", "skipped")
    return {name: number(getattr(tally, name)) for name in names}
