"""Renders the argument and the result of fcntl, whose meanings depend on its command."""

from __future__ import annotations

from gvtui.decode import file_flags
from gvtui.decode.call import descriptor
from gvtui.decode.numbers import UINT32, int32, int64, pointer
from gvtui.decode.signals import signal_name

_DUPFD = (0, 1030)
_GETFD, _SETFD, _GETFL, _SETFL = 1, 2, 3, 4
_SETSIG, _GETSIG = 10, 11
_SETLEASE, _GETLEASE = 1024, 1025
_NOTIFY = 1026
_ADD_SEALS, _GET_SEALS = 1033, 1034
_WITHOUT_ARGUMENT = frozenset({_GETFD, _GETFL, 9, _GETSIG, _GETLEASE, 1032, _GET_SEALS})
_WITH_POINTER = frozenset({5, 6, 7, 15, 16, 17, 36, 37, 38, 1029, 1035, 1036, 1037, 1038})


def fcntl_argument(command: int, argument: int, architecture: str) -> str | None:
    """The third argument; None where the command takes none."""
    if command in _WITHOUT_ARGUMENT:
        return None
    if command == _SETFD:
        return file_flags.FD_FLAGS.text(argument)
    if command == _SETFL:
        return file_flags.OPEN[architecture].text(argument)
    if command == _SETSIG:
        return signal_name(int32(argument))
    if command == _SETLEASE:
        return file_flags.LEASE.text(argument)
    if command == _NOTIFY:
        return file_flags.NOTIFY.text(argument)
    if command == _ADD_SEALS:
        return file_flags.SEALS.text(argument)
    if command in _WITH_POINTER:
        return pointer(argument)
    if command in file_flags.FCNTL.names:
        return str(int32(argument))
    return hex(argument & 0xFFFFFFFFFFFFFFFF)


def fcntl_result(command: int, result: int, path: str, architecture: str) -> str:
    """The result of a call that succeeded: `0x1 (flags FD_CLOEXEC)` for F_GETFD."""
    if command in _DUPFD:
        return descriptor(result, path)
    if command == _GETFD and result:
        return f"{result & UINT32:#x} (flags {file_flags.FD_FLAGS.text(result)})"
    if command == _GETFL:
        return f"{result & UINT32:#x} (flags {file_flags.OPEN[architecture].text(result)})"
    if command == _GETLEASE:
        return f"{result & UINT32:#x} ({file_flags.LEASE.text(result)})"
    if command == _GETSIG and result:
        return f"{int32(result)} ({signal_name(int32(result))})"
    if command == _GET_SEALS and result:
        return f"{result & UINT32:#x} (seals {file_flags.SEALS.text(result)})"
    return str(int64(result))
