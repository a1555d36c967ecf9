"""Files: opened without waiting, written whole or not at all, and whose they are."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})
"""What link(2) says where a file system has no hard links."""


_STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def open_to_read(path: Path, *, streams: bool = False) -> BinaryIO:
    """Open a file for reading; what is no file, as a named pipe without a writer, never blocks.

    Args:
        path: the file.
        streams: whether a descriptor that the caller was given, as `/dev/stdin`, may be a pipe.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    return _regular(fd, path, "rb", streams=streams)


def _regular(fd: int, path: Path, mode: str, *, streams: bool = False) -> BinaryIO:
    """The open file; one that is no regular file is closed.

    Raises:
        OSError: it is none.
    """
    try:
        info = os.fstat(fd)
        if stat.S_ISDIR(info.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(info.st_mode) and not (streams and str(path).startswith(_STREAMS)):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        os.set_blocking(fd, True)
        return cast("BinaryIO", open(fd, mode))
    except BaseException:
        os.close(fd)
        raise


def is_only_ours(info: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user or to root, and nobody else may write to it."""
    return info.st_uid in (os.geteuid(), 0) and not info.st_mode & 0o022


def nobody_else_writes(folder: Path) -> bool:
    """Whether this user and root alone can put files into a folder, or take them out of it."""
    try:
        return is_only_ours(folder.stat())
    except OSError:
        return False


@contextlib.contextmanager
def whole_file(
    path: Path,
    *,
    mode: int = 0o666,
    is_new: bool = False,
    follow: bool = False,
    sync: bool = True,
) -> Iterator[BinaryIO]:
    """Write a file that appears under its name at the end, in one step; after an error it never does.

    What is written goes to a file beside it, which is made anew under a name that nobody can guess.
    So nobody can put a link in its place, and readers see the old file or the new one.

    Args:
        path: the file. One that is replaced gives the new one its mode and, where that is allowed,
            its owner.
        mode: permissions of a file that was not there before, less the umask.
        is_new: never replace a file.
        follow: of a symbolic link, replace what it leads to; else the link itself goes.
        sync: wait until the disk has it, before it takes its name.

    Raises:
        FileExistsError: the file is there, and `is_new`.
        OSError: it cannot be written, or is something else than a file; the old one is as it was.
    """
    place = Path(os.path.realpath(path)) if follow else path
    old = _stat(place)
    if is_new and old is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if old is not None and not stat.S_ISREG(old.st_mode) and not stat.S_ISLNK(old.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    unfinished = unfinished_path(place)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    out = open(os.open(unfinished, flags, mode), "w+b")  # noqa: SIM115
    try:
        with out:
            if old is not None and stat.S_ISREG(old.st_mode):
                _take_over(old, out.fileno())
            yield out
            out.flush()
            if sync:
                os.fsync(out.fileno())
        if is_new:
            put_in_place(unfinished, place)
        else:
            unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes, *, mode: int = 0o666, follow: bool = False) -> None:
    """Write these bytes as a file, in one step; see `whole_file`.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    with whole_file(path, mode=mode, follow=follow) as out:
        out.write(data)


def appended(path: Path) -> BinaryIO:
    """Open a file of the user's own to write behind its end; it is made if it is missing.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or no regular file.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _regular(os.open(path, flags, 0o600), path, "ab")


def made(path: Path, mode: int = 0o600) -> BinaryIO:
    """Make a file that was not there, and open it to write.

    Raises:
        OSError: there is something of that name, or it cannot be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return open(os.open(path, flags, mode), "wb", buffering=0)


def nameless(*folders: Path) -> int:
    """A descriptor of a file without a name, which is gone once nobody has it open.

    Args:
        folders: where it may lie, best first; else it is among the temporary files.

    Raises:
        OSError: it can lie nowhere.
    """
    for folder in folders:
        with contextlib.suppress(OSError):
            return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def locked_file(path: Path) -> BinaryIO:
    """Open a file that is there to be locked; it is made if it is missing.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or no regular file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _regular(os.open(path, flags, 0o600), path, "r+b")


def unfinished_path(path: Path) -> Path:
    """A name in the same folder for a file that is not whole yet."""
    return path.with_name(f".gvtui-{secrets.token_hex(16)}.new")


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a finished file its name, which no other file may have.

    Raises:
        FileExistsError: the name is taken.
        OSError: it cannot be done.
    """
    try:
        os.link(unfinished, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # The name is taken first, by an empty file, so that no other one is replaced.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        unfinished.replace(path)
    else:
        unfinished.unlink()


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _take_over(old: os.stat_result, fd: int) -> None:
    """Give a new file the owner, where that is allowed, and the mode of the one it replaces."""
    with contextlib.suppress(OSError):
        os.fchown(fd, old.st_uid, old.st_gid)
    os.fchmod(fd, old.st_mode & 0o777)
