"""What all effects of calls on descriptors share: making them, finding them, naming folders."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from gvtui.decode.file_flags import AT_FDCWD
from gvtui.decode.numbers import int32
from gvtui.points.syscalls import names_by_sysno
from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.paths import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.resolved.description import Description
    from gvtui.query.resolved.files import OpenFiles
    from gvtui.trace.row import Row

O_CLOEXEC = 0o2000000
SOCK_TYPE = 0xF
_F_DUPFD, _F_SETFD, _F_DUPFD_CLOEXEC = 0, 2, 1030
_FD_CLOEXEC = 1
FAMILIES: dict[int, FdKind] = {
    socket.AF_INET: FdKind.IPV4,
    socket.AF_INET6: FdKind.IPV6,
    socket.AF_UNIX: FdKind.UNIX,
}
"""The kinds of sockets by their family."""
_SOCKETS = frozenset({*FAMILIES.values(), FdKind.SOCKET, FdKind.UNKNOWN})
"""The kinds of what may be a socket."""


class DescriptorMaking:
    """Makes, finds and duplicates the descriptors of processes."""

    def __init__(
        self, files: OpenFiles, architecture: str, partner: Callable[[int], int | None]
    ) -> None:
        """Begin with some files.

        Args:
            files: what is changed.
            architecture: of the sandbox, as in `gvtui.points.syscalls`.
            partner: gives the row of a call's other side; None if there is none.
        """
        self.files = files
        self._partner = partner
        self._names = names_by_sysno(architecture)
        self.others: dict[int, int] = {}
        """By row of a call between two descriptors the number of the second one's description,
        until the resolver takes it up."""

    def folder(self, process: int, message: Any, name: str) -> str:  # noqa: ANN401
        """The absolute path that the path of a message is relative to; "" if not known."""
        if name in _WITHOUT_FOLDER or message.fd == AT_FDCWD:
            return self.cwd(process, message)
        path = told(message.fd_path)
        if path:
            return path
        description = self.files.find(process, int32(message.fd))
        return description.name if description is not None else ""

    def cwd(self, process: int, message: Any) -> str:  # noqa: ANN401
        """The working directory of a message's thread; "" if it is not known."""
        context_cwd: str = message.context_data.cwd
        if context_cwd:
            return context_cwd
        files = self.files.get(process)
        return files.cwd.path if files is not None else ""

    def name(self, sysno: int) -> str:
        """The name of a system call; "" if it has none."""
        return self._names.get(sysno, "")

    def make(
        self, process: int, number: int, fd: int, kind: FdKind, *, cloexec: bool, **fields: object
    ) -> int:
        """Make a descriptor; gives the number of its description."""
        description = self.files.descriptions.create(
            kind,
            process=process,
            fd=fd,
            opened_row=number,
            first_row=number,
            last_row=number,
            **fields,
        )
        self.files.put(process, fd, description.number, number, cloexec=cloexec)
        return description.number

    def of(self, process: int, fd: int, number: int, told_path: str) -> Description:
        """What a descriptor stands for, taken up if its opening was not seen."""
        known = self.files.find(process, fd)
        if known is None:
            known = self.files.meet(process, fd, number, told(told_path))
            self.files.put(process, fd, known.number, number, since=-1)
        return known

    def socket_of(
        self,
        process: int,
        fd: int,
        number: int,
        told_path: str,
        is_other: Callable[[Description], bool],
    ) -> Description:
        """The socket of a call that succeeded, by its exit.

        The points of close and socket need not be on. If the call could not have succeeded on what
        the descriptor stood for, it stands for something else by now.

        Args:
            process: the number of the process that called.
            fd: the descriptor.
            number: the row of the exit.
            told_path: what the sandbox says that the descriptor is; "" if it does not.
            is_other: whether the call fails on such a socket.
        """
        known = self.files.find(process, fd)
        if known is not None and (known.kind not in _SOCKETS or is_other(known)):
            entered = self._partner(number)
            begins = entered if entered is not None and entered < number else number
            self.files.forget(process, fd, begins - 1)
        return self.of(process, fd, number, told_path)

    def control(
        self, process: int, number: int, row: Row, command: int, argument: int, told_path: str
    ) -> int:
        """Apply fcntl; makes no description."""
        if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
            known = self.of(process, row.fd, number, told_path)
            cloexec = command == _F_DUPFD_CLOEXEC
            self.files.put(process, row.result, known.number, number, cloexec=cloexec)
        elif command == _F_SETFD:
            files = self.files.of(process)
            files.table.set_cloexec(row.fd, is_cloexec=bool(argument & _FD_CLOEXEC))
        return 0

    def simple(self, process: int, number: int, row: Row, kind: FdKind, flags: int) -> int:
        """Make the descriptor that is a call's result."""
        return self.make(process, number, row.result, kind, cloexec=bool(flags & O_CLOEXEC))


_WITHOUT_FOLDER = frozenset({"open", "creat", "chdir", "execve", "chroot", "inotify_add_watch"})
"""The calls whose paths are relative to the working directory always."""
