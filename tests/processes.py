"""Other processes, as they are at the moment: a look at what has just begun, or gone, is no failure."""

from __future__ import annotations

from pathlib import Path

from tests.monitor.sandbox import wait_until

MONITOR = "gvtui.monitor"
"""A word of the command line of the process that receives."""


def children_of(pid: int) -> list[int]:
    """The processes that any thread of a process has started, oldest first in each thread.

    Raises:
        OSError: there is no such process.
    """
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except OSError:
            # The thread has ended since.
            continue
    return [int(each) for each in found]


def words_of(pid: int) -> list[str]:
    """The command line of a process; empty if it has ended."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode(errors="replace").split("\0")


def child_of(pid: int, word: str = "") -> int:
    """The child of a process, as soon as it has one alone whose command line has this word."""
    found: list[int] = []

    def is_there() -> bool:
        found[:] = [each for each in children_of(pid) if not word or word in words_of(each)]
        return len(found) == 1

    assert wait_until(is_there), (word, found)
    return found[0]


def monitor_of(pid: int) -> int:
    """The process that receives for a command or a viewer."""
    return child_of(pid, MONITOR)
