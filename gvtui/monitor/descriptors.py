"""How many descriptors the monitor may have: one for each connection."""

from __future__ import annotations

import contextlib
import os
import resource

_KEPT_FREE = 24
"""For the recording's next files, for looking at peers, and for what Python opens by itself."""


def raise_limit() -> None:
    """Allow this process as many descriptors as the machine lets it have without asking root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def room_for_connections() -> int:
    """How many more connections this process can have, at least one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, soft - len(os.listdir("/proc/self/fd")) - _KEPT_FREE)
