"""The socket that sandboxes connect to: creates, protects and removes it."""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import socket
import stat
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.files import folder_locked

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

MAX_PATH_BYTES = 107
"""The longest path that fits `sun_path` of Linux, in bytes without the final zero."""

_BACKLOG = 128


class MonitorError(GvtuiError):
    """The monitor cannot listen, or has ended."""


class Listener:
    """A listening SEQPACKET socket on a path of the file system. Owns both until `close`."""

    def __init__(
        self,
        path: Path,
        *,
        mode: int = 0o600,
        group: str | None = None,
        handed: socket.socket | None = None,
        stays: bool = False,
        is_renamed: bool = False,
    ) -> None:
        """Bind and listen, or take over a socket that listens already.

        A socket file on which nobody listens is replaced. Any other file at the path is kept.

        Args:
            path: where.
            mode: the permissions of the socket file.
            group: the group that owns it; None leaves it.
            handed: a socket that the service manager has made there, whose file stays its own.
            stays: whether the file stays at the end, since the service manager keeps the socket.
            is_renamed: whether the file appears only when somebody listens. Such a socket has the
                name by which it was made for its own, so no later process can go on with it.

        Raises:
            MonitorError: the path is in use or too long, or the socket cannot be created.
        """
        self.path = path
        self._mode = mode
        if len(os.fsencode(path)) > MAX_PATH_BYTES:
            raise MonitorError(
                f"the socket path {path} is longer than {MAX_PATH_BYTES} bytes; choose a shorter one"
            )
        self._group_id = _group_id(group)
        self._folder_mode = 0o700
        self._is_handed = handed is not None
        self._stays, self._is_renamed = stays, is_renamed
        if handed is not None:
            handed.setblocking(False)
            self.socket, self._identity = handed, _identity_of(path)
        else:
            self.socket, self._identity = self._make()
        with contextlib.suppress(OSError):
            self._folder_mode = stat.S_IMODE(path.parent.stat().st_mode)

    def _make(self) -> tuple[socket.socket, tuple[int, int]]:
        """A listening socket and which file it is. Of those who try at once, one has it.

        Raises:
            MonitorError: the path is taken, or cannot be made.
        """
        path = self.path
        # Between a look at a stale socket and a socket of one's own in its place another could do
        # the same, and both would seem to listen.
        with folder_locked(path.parent):
            _clear_stale(path)
            made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            made.setblocking(False)
            bound = path.with_name(path.name[:-1] + "~") if self._is_renamed else path
            if bound != path:
                _clear_stale(bound)
            try:
                _bind(made, bound, self._mode, self._group_id)
            except OSError as error:
                made.close()
                raise MonitorError(f"cannot make the socket {path}: {error.strerror}") from error
            info = os.lstat(bound)
            try:
                if self._group_id is not None:
                    _give_to(bound, self._group_id)
                made.listen(_BACKLOG)
                if bound != path:
                    os.rename(bound, path)
            except OSError as error:
                os.unlink(bound)
                made.close()
                raise MonitorError(f"cannot set up the socket {path}: {error.strerror}") from error
        return made, (info.st_dev, info.st_ino)

    @property
    def is_own(self) -> bool:
        """Whether this process has made the socket, not the service manager."""
        return not self._is_handed

    @property
    def is_in_place(self) -> bool:
        """Whether sandboxes reach this socket by its path."""
        try:
            info = os.lstat(self.path)
        except OSError:
            return False
        return (info.st_dev, info.st_ino) == self._identity

    def renew(self) -> socket.socket:
        """Make the socket anew where it was, after it was removed; `socket` is another one then.

        Its folder is made again too, with the permissions that it had.

        Returns:
            The socket so far, which is the caller's to close.

        Raises:
            MonitorError: another listens there, or it cannot be made.
        """
        folder = self.path.parent
        if not folder.exists():
            try:
                folder.mkdir(mode=0o700, parents=True)
                fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    os.fchmod(fd, self._folder_mode)
                finally:
                    os.close(fd)
            except OSError as error:
                raise MonitorError(f"cannot make the folder {folder}: {error.strerror}") from error
        old = self.socket
        self.socket, self._identity = self._make()
        self._is_handed = False
        return old

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and remove the socket file, unless another file has replaced it."""
        self.remove_socket()
        self.socket.close()

    def remove_socket(self) -> None:
        """Remove the socket file, unless another has taken its place, it is the service manager's,
        or it cannot be done."""
        with contextlib.suppress(OSError):
            if self.is_in_place and not (self._is_handed or self._stays):
                os.unlink(self.path)


def _identity_of(path: Path) -> tuple[int, int]:
    """Which file it is.

    Raises:
        MonitorError: it is not there.
    """
    try:
        info = os.lstat(path)
    except OSError as error:
        raise MonitorError(f"cannot look at the socket {path}: {error.strerror}") from error
    return info.st_dev, info.st_ino


def _bind(made: socket.socket, path: Path, mode: int, group_id: int | None) -> None:
    """Create the socket file with its mode and, as root, its group.

    It has both from the start: a later change by path could affect a file that another user has put
    in its place.

    Raises:
        OSError: it cannot be made.
    """
    umask, group = os.umask(~mode & 0o777), os.getegid()
    is_other = group_id is not None and os.geteuid() == 0
    try:
        if group_id is not None and is_other:
            os.setegid(group_id)
        made.bind(os.fspath(path))
    finally:
        # In a user namespace that has no id for it, not even one's own group can be set.
        if is_other:
            os.setegid(group)
        os.umask(umask)


def _give_to(path: Path, group_id: int) -> None:
    """Give the socket to a group if it has another, as in a folder that sets the group.

    Raises:
        OSError: the group cannot be set, or another file has replaced the socket.
    """
    fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        info = os.fstat(fd)
        if info.st_gid == group_id:
            return
        if not stat.S_ISSOCK(info.st_mode) or info.st_uid != os.geteuid() or os.geteuid() == 0:
            raise OSError(errno.EPERM, "its folder gives its files to another group")
        os.chown(f"/proc/self/fd/{fd}", -1, group_id)
    finally:
        os.close(fd)


def _group_id(group: str | None) -> int | None:
    if group is None:
        return None
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise MonitorError(f"there is no group {group!r} on this machine") from None


def _clear_stale(path: Path) -> None:
    """Remove a socket file on which nobody listens.

    Raises:
        MonitorError: somebody listens there, the file is not a socket, or neither can be found out.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise MonitorError(f"cannot look at {path}: {error.strerror}") from error
    if not stat.S_ISSOCK(mode):
        raise MonitorError(f"{path} exists and is no socket; it is left alone, choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            return
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                reason = error.strerror or str(error)
                raise MonitorError(f"cannot tell whether {path} is in use: {reason}") from error
    raise MonitorError(
        f"another program listens at {path}; end it first, or choose another path with --listen"
    )
