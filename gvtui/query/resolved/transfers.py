"""Which system calls move bytes through a descriptor, and in which direction.

A call is here if its result is the number of bytes that it moved. `recvmmsg` and `sendmmsg` give
the number of messages instead, so the bytes that they move are not known. Those that move bytes
between two descriptors bring them from one and send them to the other: the columns of rows have the
first argument's side, `OTHER_SIDES` tells the other one.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from gvtui.points.syscalls import sysnos_by_name

FILE_IN, SOCKET_IN = "read pread64 readv preadv preadv2", "recvfrom recvmsg"
FILE_OUT, SOCKET_OUT = "write pwrite64 writev pwritev pwritev2", "sendto sendmsg"
IN = f"{FILE_IN} {SOCKET_IN}"
OUT = f"{FILE_OUT} {SOCKET_OUT} vmsplice"
"""The names of the calls with one descriptor, parted by spaces."""
OTHER_SIDES: dict[str, tuple[int, bool]] = {
    "sendfile": (1, True),
    "splice": (2, False),
    "tee": (1, False),
    "copy_file_range": (2, False),
}
"""The calls between two descriptors: the place of the argument that is the second one, counted from
0, and whether the bytes come from that one."""
BETWEEN = " ".join(OTHER_SIDES)
UNTOLD = {
    "recvmmsg sendmmsg": "the number of messages, not of their bytes",
    "io_uring_enter": "how many requests were taken, not what they did",
}
"""Calls that move more than is added up, with what their results tell."""


@cache
def sysnos_in(architecture: str) -> frozenset[int]:
    """The calls that bring bytes from the descriptor that is their first argument."""
    given = [name for name, (_, from_other) in OTHER_SIDES.items() if not from_other]
    return _numbers(architecture, [*IN.split(), *given])


@cache
def sysnos_out(architecture: str) -> frozenset[int]:
    """The calls that send bytes to the descriptor that is their first argument."""
    given = [name for name, (_, from_other) in OTHER_SIDES.items() if from_other]
    return _numbers(architecture, [*OUT.split(), *given])


@cache
def sysnos_between(architecture: str) -> frozenset[int]:
    """The calls that move bytes between two descriptors."""
    return _numbers(architecture, list(OTHER_SIDES))


def _numbers(architecture: str, names: list[str]) -> frozenset[int]:
    numbers = sysnos_by_name(architecture)
    return frozenset(numbers[name] for name in names if name in numbers)


def array_of(numbers: frozenset[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """System call numbers as an array to search in."""
    return np.array(sorted(numbers), np.int32)
