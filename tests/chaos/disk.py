"""A disk of its own for PostgreSQL, small enough to be filled: a tmpfs with a size, in mounts that only we see.

Nothing of it is left behind however the process ends: the mounts go with the last process that sees them.
"""

import contextlib
import ctypes
import os
import shutil
from pathlib import Path

SIZE = 768 * 1024 * 1024
"""Bytes that PostgreSQL may have. Its write-ahead log is kept far smaller (see `world`)."""
_BALLAST = "ballast"
_NEW_MOUNTS, _NEW_USER = 0x0002_0000, 0x1000_0000
_PRIVATE_ALL = (1 << 18) | (1 << 14)
_PIECES = (1024 * 1024, 4096, 1)


def own_mounts() -> str | None:
    """See mounts of our own from now on, and so does whatever we start; why not, where that is not to be had.

    Root may. Anybody else becomes, where the kernel lets them, somebody who may mount and is called as before. It has
    to be asked before there is a second thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        return "this is no Linux"
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(_NEW_MOUNTS | (_NEW_USER if uid else 0)) != 0:
        return f"mounts of one's own are not allowed here ({os.strerror(ctypes.get_errno())})"
    if uid:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    if libc.mount(b"none", b"/", None, _PRIVATE_ALL, None) != 0:
        return f"mounts cannot be kept to ourselves here ({os.strerror(ctypes.get_errno())})"
    return None


class Disk:
    """What was a folder, on a disk with a size. Its content stays, with its owner and rights."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libc = ctypes.CDLL(None, use_errno=True)

    def mount(self) -> None:
        """Put the folder on the disk. OSError where that is not allowed."""
        before = self._folder.with_name(f"{self._folder.name}.before")
        about = self._folder.stat()
        self._folder.rename(before)
        self._folder.mkdir()
        said = f"size={SIZE},mode=700,uid={about.st_uid},gid={about.st_gid}".encode()
        if self._libc.mount(b"tmpfs", os.fsencode(self._folder), b"tmpfs", 0, said) != 0:
            number = ctypes.get_errno()
            self._folder.rmdir()
            before.rename(self._folder)
            raise OSError(number, os.strerror(number), str(self._folder))
        shutil.copytree(before, self._folder, symlinks=True, dirs_exist_ok=True)
        for path in [before, *before.rglob("*")]:
            stat = path.lstat()
            os.chown(self._folder / path.relative_to(before), stat.st_uid, stat.st_gid, follow_symlinks=False)
        shutil.rmtree(before)

    def unmount(self) -> None:
        """Take the disk away, with everything on it."""
        self._libc.umount2(os.fsencode(self._folder), 2)  # once nobody uses it any more

    def fill(self) -> None:
        """Leave not one byte."""
        with (self._folder / _BALLAST).open("ab", buffering=0) as ballast:
            for piece in _PIECES:
                with contextlib.suppress(OSError):  # no space is left: that is what is wanted
                    while ballast.write(b"\0" * piece) == piece:
                        pass

    def free(self) -> None:
        """There is room again."""
        (self._folder / _BALLAST).unlink(missing_ok=True)
