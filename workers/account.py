"""Who PostgreSQL runs as. It refuses to run as root, so root lends it an unprivileged account."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

import structlog

from workers.stop import Stop

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Account:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Hand the file or folder at `path` to this account."""
        os.chown(path, self.uid, self.gid)

    def may_pass(self, folder: Path) -> bool:
        """Whether the account may go through this one folder."""
        stat = folder.stat()
        if stat.st_uid == self.uid:
            return bool(stat.st_mode & 0o100)
        return bool(stat.st_mode & (0o010 if stat.st_gid == self.gid else 0o001))


def lent_account() -> Account | None:
    """The account for PostgreSQL when this process is root, else None: it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Stop(
        "PostgreSQL may not run as root, and there is no account `postgres` or `nobody` to lend it: "
        "run Alongside as an ordinary user."
    )


def let_through(account: Account, path: Path) -> None:
    """Let `account` reach `path`: folders of root above it that are closed become passable, not readable.

    Raises Stop about a closed folder that belongs to somebody else.
    """
    for folder in reversed(path.resolve().parents):
        if account.may_pass(folder):
            continue
        if folder.stat().st_uid != 0:
            raise Stop(
                f"PostgreSQL may not run as root, so it runs as {account.name}, who may not go through {folder}: "
                f"allow it (chmod o+x {folder}), run Alongside as the owner of that folder, "
                "or choose another folder with --data."
            )
        folder.chmod(folder.stat().st_mode | 0o001)
        log.info("folder made passable for PostgreSQL (not readable)", folder=str(folder), account=account.name)
