"""System calls for which Python has no function.

The library's handle is made once: each handle has function types of its own, which only the garbage
collector frees.
"""

from __future__ import annotations

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)

_CAPABILITY_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3: two words of 32 bits for each set."""


class _CapabilityHead(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityWord(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def syscall(number: int, *arguments: object) -> int:
    """Call the kernel by number.

    Raises:
        OSError: the call failed.
    """
    return _checked(_LIBC.syscall(ctypes.c_long(number), *arguments))


def prctl(option: int, *values: int) -> int:
    """Change the process; see prctl(2).

    Raises:
        OSError: the call failed.
    """
    words = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return _checked(_LIBC.prctl(option, *words))


def capabilities() -> frozenset[int]:
    """The capabilities that this thread is permitted, by their numbers.

    Raises:
        OSError: the call failed.
    """
    words = (_CapabilityWord * 2)()
    head = _CapabilityHead(_CAPABILITY_VERSION, 0)
    _checked(_LIBC.capget(ctypes.byref(head), ctypes.byref(words)))
    bits = words[0].permitted | words[1].permitted << 32
    return frozenset(number for number in range(64) if bits >> number & 1)


def keep_capabilities(kept: frozenset[int]) -> None:
    """Give up all other capabilities for ever.

    Raises:
        OSError: the call failed, or one of them is not permitted.
    """
    bits = sum(1 << number for number in kept)
    words = (_CapabilityWord * 2)()
    for place in range(2):
        part = bits >> 32 * place & 0xFFFFFFFF
        words[place].effective = words[place].permitted = part
    head = _CapabilityHead(_CAPABILITY_VERSION, 0)
    _checked(_LIBC.capset(ctypes.byref(head), ctypes.byref(words)))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
