"""One side of a system call, as the functions that render its arguments and result need it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from gvtui.decode.escape import in_angles, quoted
from gvtui.decode.file_flags import AT_FDCWD
from gvtui.decode.numbers import INT32, UINT32, int32

NOT_KNOWN = "..."
"""Shown for a value that the sandbox does not send, or cannot know before the call returns."""

_FD_ERROR = "[err:"
"""How the sandbox begins the path of a descriptor that it could not look up."""


@dataclass(slots=True)
class CallSide:
    """The enter or the exit of a system call, to be rendered."""

    name: str
    """The system call's name, such as `openat`."""
    architecture: str
    message: Any
    """The protobuf message; its type depends on the call."""
    enter: Any = None
    """The message of the matching enter, of the same type; None if it is not known."""

    # These two are properties since most arguments are shown without them.
    @property
    def is_exit(self) -> bool:
        """Whether the call has returned."""
        is_exit: bool = self.message.HasField("exit")
        return is_exit

    @property
    def errno(self) -> int:
        """0 on enter, and where the call succeeded."""
        number: int = self.message.exit.errorno
        return number

    def fd_path(self) -> str:
        """Path of the descriptor argument; after a close only the enter has it."""
        path: str = self.message.fd_path
        if path and not path.startswith(_FD_ERROR):
            return path
        if self.enter is not None:
            earlier: str = self.enter.fd_path
            if not earlier.startswith(_FD_ERROR):
                return earlier
        return ""

    def fd(self) -> str:
        """The descriptor argument as `3</etc/passwd>`."""
        message = self.message
        path: str = message.fd_path
        return descriptor(message.fd, self.fd_path() if path or self.enter is not None else "")

    def not_read(self, value: object) -> bool:
        """Whether an argument lacks its value because the sandbox could not read it.

        A field is absent if the program passed no value, or passed an address outside its memory:
        only the call's error tells the two apart.
        """
        return not value and self.errno == errno.EFAULT

    def path(self) -> str:
        """The path argument, in quotes."""
        path = self.message.pathname
        return quoted(path) if path or not self.not_read(path) else NOT_KNOWN

    def directory(self) -> str:
        """The descriptor that the path argument is relative to: `AT_FDCWD` or `4</tmp>`."""
        number = self.message.fd
        return "AT_FDCWD" if number == AT_FDCWD else descriptor(number, self.fd_path())


def descriptor(fd: int, path: str) -> str:
    """`3</etc/passwd>`, or only `3` where the path is not known."""
    # A number that no descriptor can have is not made into one.
    if INT32 < fd <= UINT32:
        fd = int32(fd)
    return f"{fd}{in_angles(path)}" if path else str(fd)
