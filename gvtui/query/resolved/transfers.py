"""Which system calls move bytes through a descriptor, and in which direction.

A call is here if its result is the number of bytes that it moved. `recvmmsg` and `sendmmsg` give
the number of messages instead, so the bytes that they move are not known.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from gvtui.points.syscalls import sysnos_by_name

IN = "read readv pread64 preadv preadv2 recvfrom recvmsg"
OUT = "write writev pwrite64 pwritev pwritev2 sendto sendmsg vmsplice"
"""The names of the calls, parted by spaces."""


@cache
def sysnos_in(architecture: str) -> frozenset[int]:
    """The calls that bring bytes from the descriptor that is their first argument."""
    return _numbers(architecture, IN.split())


@cache
def sysnos_out(architecture: str) -> frozenset[int]:
    """The calls that send bytes to the descriptor that is their first argument."""
    return _numbers(architecture, OUT.split())


def _numbers(architecture: str, names: list[str]) -> frozenset[int]:
    numbers = sysnos_by_name(architecture)
    return frozenset(numbers[name] for name in names if name in numbers)


def array_of(numbers: frozenset[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """System call numbers as an array to search in."""
    return np.array(sorted(numbers), np.int32)
