"""The names that evt.type can have: gVisor's events, and the system calls of its architectures."""

from __future__ import annotations

import difflib
import functools
import re

from gvtui.points.syscalls import ARCHITECTURES, names_by_sysno
from gvtui.wire.messages import KINDS

_BY_NUMBER = re.compile(r"(?:sysno|unknown)/\d+|[a-z_]+:\d+", re.ASCII)
"""How a system call or a message without a name is called."""


@functools.cache
def gvisor_events() -> tuple[str, ...]:
    """The events that are no system calls, such as `sentry/clone`."""
    return tuple(kind.point for kind in KINDS.values() if kind.point)


@functools.cache
def _names() -> frozenset[str]:
    calls = (names_by_sysno(architecture).values() for architecture in ARCHITECTURES)
    return frozenset(gvisor_events()).union(*calls)


def known_event(name: str) -> bool:
    """Whether a row's evt.type can be this name."""
    return name in _names() or _BY_NUMBER.fullmatch(name) is not None


def similar_events(name: str) -> list[str]:
    """Names that are similar to a mistyped one, the most similar first."""
    lower = name.lower()
    inside = [event for event in gvisor_events() if event.rpartition("/")[2] == lower]
    return list(dict.fromkeys(inside + difflib.get_close_matches(lower, sorted(_names()), 3)))[:3]
