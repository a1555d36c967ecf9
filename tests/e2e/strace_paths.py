"""Reads what `strace -f -yy` says that calls were about: descriptors with their paths."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

OPENING = frozenset(("open", "openat", "socket", "accept", "accept4"))
"""Calls that are about the descriptor that they give."""
CALLS = OPENING | frozenset(
    ("read", "write", "lseek", "dup", "dup2", "fcntl", "close", "bind", "listen", "connect")
)
"""The calls that are compared."""

_LINE = re.compile(r"(\d+) +(.*)")
_CUT_OFF = re.compile(r"(.*?) *<unfinished \.\.\.>$")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (.*)", re.DOTALL)
_FD = re.compile(r"(\d+)<((?:[^<>]|->)*)>")


class Used(NamedTuple):
    """A call that succeeded: its name, the descriptor that it is about, and what that is."""

    call: str
    fd: int
    what: str
    """A path, "socket" or "pipe"."""
    copy: int
    """The descriptor that a copying call gives; -1 for other calls."""


def used_in(text: str) -> list[list[Used]]:
    """What each process did, in the order in which the processes appear."""
    found: dict[int, list[Used]] = defaultdict(list)
    begun: dict[int, str] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        pid, rest = int(match[1]), match[2]
        found.setdefault(pid, [])
        if (cut := _CUT_OFF.fullmatch(rest)) is not None:
            begun[pid] = cut[1]
            continue
        if (resumed := _RESUMED.fullmatch(rest)) is not None:
            rest = begun.pop(pid) + resumed[2]
        call = _CALL.fullmatch(rest)
        if call is None or call[1] not in CALLS or call[3].startswith("-"):
            continue
        result = call[3]
        about = _FD.match(result if call[1] in OPENING else call[2])
        if about is not None:
            copied = _FD.match(result) if call[1] in COPYING else None
            copy = int(copied[1]) if copied is not None else -1
            found[pid].append(Used(call[1], int(about[1]), kind(about[2]), copy))
    return list(found.values())


COPYING = frozenset(("dup", "dup2", "fcntl"))


def kind(path: str) -> str:
    """A path as it is; of a socket or pipe, whose numbers are others each time, the kind."""
    if path.startswith("/"):
        return path
    return "pipe" if path.startswith("pipe:") else "socket"
