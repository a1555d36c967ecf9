"""Opens files without blocking, writes them whole or not at all, and checks who may write them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO, BinaryIO

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})
"""The errors of link(2) on a file system without hard links."""

_LOCK_SECONDS = 2.0
"""How long another may take who changes something in the same folder."""
_LOCK_PAUSE = 0.01


_trusted: set[int] = set()
"""Users besides root and this one whose files are believed."""

_UNFINISHED = re.compile(r"\.gvtui-[0-9a-f]{32}\.new")
_UNFINISHED_SECONDS = 60.0
"""How old one must be to be taken for left behind: its writer locks it after it has made it."""
_MOST_LOOKED_AT = 10_000
"""Entries of a folder that are looked at."""

_STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")

_PIECE = 64 << 10
"""Bytes that are read at once where a file may be large."""


def open_to_read(path: Path, *, streams: bool = False, follow: bool = True) -> BinaryIO:
    """Open a regular file for reading; never blocks, even for a named pipe without a writer.

    Args:
        path: the file.
        streams: whether a descriptor of this process, such as `/dev/stdin`, may be a pipe.
        follow: whether it may be a symbolic link.

    Raises:
        OSError: the file cannot be opened, or is not a regular file.
    """
    if not follow:
        return _regular(_opened_itself(path), path, "rb")
    is_stream = streams and str(path).startswith(_STREAMS)
    if not is_stream and stat.S_IFMT(os.stat(path).st_mode) in (stat.S_IFCHR, stat.S_IFBLK):
        # To open some devices is to start them: a stranger's link may lead to a watchdog.
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    return _regular(fd, path, "rb", streams=streams)


def _opened_itself(path: Path) -> int:
    """A descriptor of a file that is no symbolic link."""
    if stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFCHR, stat.S_IFBLK):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        text = f"{path.name} is a symbolic link, which is not followed there; put the file itself there"
        raise OSError(errno.ELOOP, text, str(path)) from error


def read_up_to(file: IO[bytes], most: int) -> bytes:
    """What comes next in a file, no more than `most` bytes.

    It takes memory for what there is. `file.read(most)` takes it for `most` bytes first; where these
    are some megabytes the C library, once they have come and gone, keeps as much for every thread.

    Raises:
        OSError: the file cannot be read.
    """
    pieces = []
    while most > 0 and (piece := file.read(min(most, _PIECE))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def _regular(fd: int, path: Path, mode: str, *, streams: bool = False) -> BinaryIO:
    """Make a file object of a descriptor; a descriptor of anything but a regular file is closed.

    Raises:
        OSError: it is not a regular file.
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


def trust(user: int) -> None:
    """Take files of this user for this process's own from now on: it receives for us."""
    _trusted.add(user)


def give(path: Path, user: int, group: int) -> None:
    """Give a file or folder to another user; a symbolic link is not followed.

    Raises:
        OSError: this process may not, or it is a link.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.fchown(fd, user, group)
    finally:
        os.close(fd)


def is_only_ours(info: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user or to root, and nobody else may write it."""
    return info.st_uid in (os.geteuid(), 0, *_trusted) and not info.st_mode & 0o022


def nobody_else_writes(folder: Path) -> bool:
    """Whether only this user and root can add files to a folder or remove them."""
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
    is_believed: bool = False,
) -> Iterator[BinaryIO]:
    """Write a file that appears under its name at the end, in one step; after an error, never.

    The data goes to a new file in the same folder, whose name nobody can guess. So nobody can put a
    link in its place, and readers see either the old file or the new one.

    Args:
        path: the file. A replaced file passes on its mode and, if that is allowed, its owner.
        mode: permissions of a file that did not exist before, minus the umask.
        is_new: never replace a file.
        follow: if the path is a symbolic link, replace the file it leads to, not the link.
        sync: wait until the data is on the disk before the file gets its name.
        is_believed: it is read later only if nobody else may write it; so it takes over nothing
            from a file that others may write.

    Raises:
        FileExistsError: the file exists, and `is_new` is set.
        OSError: the file cannot be written, or is not a regular file; the old file is unchanged.
    """
    place = Path(os.path.realpath(path)) if follow else path
    old = _stat(place)
    if is_new and old is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if old is not None and not stat.S_ISREG(old.st_mode) and not stat.S_ISLNK(old.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    clear_unfinished(place.parent)
    unfinished = unfinished_path(place)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    out = open(os.open(unfinished, flags, mode), "w+b")  # noqa: SIM115
    try:
        with out:
            # So that nobody takes it for one whose writer has gone.
            with contextlib.suppress(OSError):
                fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if old is not None and _passes_on(old, is_believed=is_believed):
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


@contextlib.contextmanager
def growing_file(path: Path) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """Write a file that is read while it grows; nobody else may read or write it.

    The data goes to a new file in the same folder, whose name nobody can guess, as in `whole_file`.

    Args:
        path: the file. One that exists is replaced.

    Yields:
        It, and what has all that was written appear under its name; that is called as often as
        one likes. What has never appeared is removed at the end.

    Raises:
        OSError: the file cannot be written; also what is yielded raises it.
    """
    clear_unfinished(path.parent)
    unfinished = unfinished_path(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    out = open(os.open(unfinished, flags, 0o600), "w+b")  # noqa: SIM115

    def appear() -> None:
        out.flush()
        with contextlib.suppress(FileNotFoundError):
            unfinished.replace(path)

    try:
        with out:
            # So that nobody takes it for one whose writer has gone.
            with contextlib.suppress(OSError):
                fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield out, appear
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes, *, mode: int = 0o666, follow: bool = False) -> None:
    """Write bytes to a file in one step; see `whole_file`.

    Raises:
        OSError: the file cannot be written; the old file is unchanged.
    """
    with whole_file(path, mode=mode, follow=follow) as out:
        out.write(data)


def appended(path: Path) -> BinaryIO:
    """Open a file of this user's for appending; it is created if it is missing.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or no regular file.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _regular(os.open(path, flags, 0o600), path, "ab")


def written_to(path: Path) -> BinaryIO:
    """Open a file that exists for writing from its beginning, as those of the kernel in /proc, which
    need not have an end to append to.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or no regular file.
    """
    flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _regular(os.open(path, flags), path, "wb")


def made(path: Path, mode: int = 0o600) -> BinaryIO:
    """Create a file that does not exist yet, and open it for writing.

    Raises:
        OSError: something has that name already, or the file cannot be created.
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
    """Open a file that serves as a lock; it is created if it is missing.

    Raises:
        OSError: it cannot be opened, is a symbolic link, or no regular file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return _regular(os.open(path, flags, 0o600), path, "r+b")


@contextlib.contextmanager
def folder_locked(folder: Path, seconds: float | None = None) -> Iterator[bool]:
    """Have nobody else change something in a folder meanwhile who asks for this lock too.

    There is no lock in a folder that cannot be opened.

    Args:
        folder: the folder.
        seconds: how long to wait for another who has the lock; None for as long as a gvtui takes
            to change a file.

    Yields:
        False where another has it all the while.
    """
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield True
        return
    try:
        yield _is_locked(fd, _LOCK_SECONDS if seconds is None else seconds)
    finally:
        os.close(fd)


def _is_locked(fd: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOCK_PAUSE)
        except OSError:
            # This file system has none.
            return True
        else:
            return True


def unfinished_path(path: Path) -> Path:
    """A name in the same folder for a file that is still being written."""
    return path.with_name(f".gvtui-{os.urandom(16).hex()}.new")


def clear_unfinished(folder: Path) -> None:
    """Remove what was to become a file of this user's, and whose writer was killed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for _, entry in zip(range(_MOST_LOOKED_AT), entries, strict=False):
            if _UNFINISHED.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_if_left(Path(entry.path))


def _remove_if_left(unfinished: Path) -> None:
    info = unfinished.lstat()
    is_old = time.time() - info.st_mtime > _UNFINISHED_SECONDS
    if info.st_uid != os.geteuid() or not stat.S_ISREG(info.st_mode) or not is_old:
        return
    with open_to_read(unfinished) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A recording has its index beside it.
        for path in unfinished.parent.glob(f"{unfinished.name}*"):
            path.unlink(missing_ok=True)


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a finished file its name; another file of that name is never replaced.

    Raises:
        FileExistsError: the name is taken.
        OSError: the file cannot be renamed.
    """
    try:
        os.link(unfinished, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # An empty file takes the name first, so that no other file is replaced.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        unfinished.replace(path)
    else:
        unfinished.unlink()


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _passes_on(old: os.stat_result, *, is_believed: bool) -> bool:
    """Whether a file gives its mode and owner to the one that replaces it."""
    return stat.S_ISREG(old.st_mode) and (not is_believed or is_only_ours(old))


def _take_over(old: os.stat_result, fd: int) -> None:
    """Give a new file the mode and, if that is allowed, the owner of the file that it replaces."""
    with contextlib.suppress(OSError):
        os.fchown(fd, old.st_uid, old.st_gid)
    os.fchmod(fd, old.st_mode & 0o777)
