"""One side of a system call, as the functions that render its arguments and result need it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from gvtui.decode.escape import in_angles, quoted
from gvtui.decode.file_flags import AT_FDCWD
from gvtui.decode.numbers import UINT32, int32

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
    is_exit: bool
    errno: int
    """0 on enter, and where the call succeeded."""
    enter: Any
    """The message of the matching enter, of the same type; None if it is not known."""

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
        return descriptor(self.message.fd, self.fd_path())

    def not_read(self, value: object) -> bool:
        """Whether an argument lacks its value because the sandbox could not read it.

        A field is absent if the program passed no value, or passed an address outside its memory:
        only the call's error tells the two apart.
        """
        return not value and self.errno == errno.EFAULT

    def path(self) -> str:
        """The path argument, in quotes."""
        path = self.message.pathname
        return NOT_KNOWN if self.not_read(path) else quoted(path)

    def directory(self) -> str:
        """The descriptor that the path argument is relative to: `AT_FDCWD` or `4</tmp>`."""
        number = self.message.fd
        return "AT_FDCWD" if number == AT_FDCWD else descriptor(number, self.fd_path())


def descriptor(fd: int, path: str) -> str:
    """`3</etc/passwd>`, or only `3` where the path is not known."""
    # A number that no descriptor can have is not made into one.
    number = int32(fd) if -(1 << 31) <= fd <= UINT32 else fd
    return f"{number}{in_angles(path)}" if path else str(number)
