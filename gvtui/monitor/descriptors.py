"""Raises the limit of descriptors, since each connection needs one."""

from __future__ import annotations

import contextlib
import os
import resource

_KEPT_FREE = 24
"""Descriptors kept free for the recording's next files, for reading /proc, and for Python."""


def raise_limit() -> None:
    """Raise this process's limit of descriptors as far as possible without root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def room_for_connections() -> int:
    """How many more connections this process has descriptors for, at least one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        used = len(os.listdir("/proc/self/fd"))
    except OSError:
        # There is none left to look with.
        used = soft
    return max(1, soft - used - _KEPT_FREE)
