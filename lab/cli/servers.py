"""The verbs of the servers: up, down, status, logs, doctor, env, install, demo, bench, and reset,
which with an exercise's id is the learner's. What handles the servers is loaded by the verb that
needs it: the learner's verbs need none of it.
"""

import shlex
import shutil
import subprocess
import sys
from typing import Annotated

import typer

from lab import config as settings
from lab import terminal
from lab.cli.app import COMPOSE, EMBEDDED, Mode, app, config_for
from lab.config import ROOT
from lab.i18n import lab_error, t


@app.command(help=t("help.up"))
def up(mode: Mode = EMBEDDED) -> None:
    from lab.stack import compose, embedded

    config = config_for(mode)
    if mode == COMPOSE:
        compose.up(config)
        terminal.show_status(compose.status(config))
    else:
        with terminal.waiting(t("up.starting")):
            embedded.up(config, terminal.show_started)
    terminal.show_next(t("up.next"))


@app.command(help=t("help.down"))
def down(mode: Mode = EMBEDDED) -> None:
    from lab.stack import compose, embedded

    config = config_for(mode)
    if mode == COMPOSE:
        compose.down(config)
        return
    with terminal.waiting(t("down.stopping")):
        stopped = embedded.down(config)
    terminal.show_stopped(stopped)


@app.command(help=t("help.status"))
def status(mode: Mode = EMBEDDED) -> None:
    from lab.stack import compose, embedded

    config = config_for(mode)
    servers = compose.status(config) if mode == COMPOSE else embedded.status(config)
    terminal.show_status(servers)
    if all(server.pid is None for server in servers):
        command = f"make up MODE={COMPOSE}" if mode == COMPOSE else "make up"
        terminal.show_next(t("status.start", command=command))


@app.command("logs", help=t("help.logs"))
def show_logs(
    server: Annotated[str, typer.Argument(help=t("help.server"))] = "localstack",
    follow: Annotated[bool, typer.Option("--follow", "-f", help=t("help.follow"))] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help=t("help.lines"))] = 50,
    mode: Mode = EMBEDDED,
) -> None:
    from lab.stack import compose, logs

    config = config_for(mode)
    if mode == COMPOSE:
        source = compose.logs(config, server, follow=follow, lines=lines)
    else:
        source = logs.read(config, server, lines=lines, follow=follow)
    for line in source:
        typer.echo(line)


@app.command("doctor", help=t("help.doctor"))
def examine(mode: Mode = EMBEDDED) -> None:
    from lab.stack import doctor

    config = config_for(mode)
    findings = doctor.examine_containers(config) if mode == COMPOSE else doctor.examine(config)
    terminal.show_findings(findings)
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)


@app.command(help=t("help.reset"))
def reset(
    exercise: Annotated[str | None, typer.Argument(help=t("help.reset-exercise"))] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=t("help.yes"))] = False,
    mode: Mode = EMBEDDED,
) -> None:
    from lab.stack import compose, embedded

    if exercise:
        from lab.cli.learning import reset_exercise  # loads clients that other verbs do not need

        reset_exercise(exercise)
        return
    config = config_for(mode)
    if not yes:
        typer.confirm(t("reset.confirm", home=config.home), abort=True)
    if mode == COMPOSE:
        compose.down(config, volumes=True)
    else:
        embedded.down(config)
    shutil.rmtree(config.home, ignore_errors=True)
    terminal.OUT.print(t("reset.done", home=config.home))


@app.command(help=t("help.env"))
def env(
    write_profile: Annotated[
        bool, typer.Option("--write-profile", help=t("help.write-profile"))
    ] = False,
) -> None:
    from lab.stack import profile

    config = settings.load()
    if write_profile:
        for file in profile.write(config):
            typer.echo(t("env.written", file=file, name=profile.NAME), err=True)
    for name, value in config.aws_environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command("install", help=t("help.install"))
def install_parts() -> None:
    from lab.stack import install

    install.install(settings.load(), terminal.show_install_step, terminal.download_progress)
    terminal.OUT.print(f"[green]✓[/] {t('install.done')}")


@app.command(help=t("help.demo"))
def demo(
    days: Annotated[int, typer.Option(help=t("help.days"))] = 7,
    speed: Annotated[str, typer.Option(help=t("help.speed"))] = "max",
    events: Annotated[int | None, typer.Option(help=t("help.events"))] = None,
    batch: Annotated[bool, typer.Option("--batch", help=t("help.batch"))] = False,
    mode: Mode = EMBEDDED,
) -> None:
    # These load clients that other verbs do not need.
    from lab.demo.batch import run as run_batch
    from lab.demo.run import Options, run

    if batch:
        up(mode)
        run_batch(config_for(mode), days, terminal.OUT)
        return
    options = Options(days=days, speed=speed, events=events)
    options.check()
    up(mode)
    run(config_for(mode), options, terminal.OUT)


@app.command(help=t("help.bench"))
def bench(
    name: Annotated[str, typer.Argument(help=t("help.bench-name"))] = "",
) -> None:
    files = (ROOT / "scripts" / "bench").glob("*.py")
    # peer.py installs what the others compare with.
    scripts = {file.stem.rstrip("_"): file for file in sorted(files) if file.stem != "peer"}
    if name not in scripts:
        raise lab_error("no-such-bench", name=name or "-", known=", ".join(scripts))
    raise typer.Exit(subprocess.run([sys.executable, scripts[name]], check=False).returncode)
