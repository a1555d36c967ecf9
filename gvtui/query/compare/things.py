"""What one side did, as things with a key that is the same from run to run."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.activity.activity import SECTIONS, Behind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.activity.activity import Activity, ActivityLine
    from gvtui.query.compare.folding import ThingFolding

FAILURES = "failures"
"""The section of failures by call and error, whatever they were about."""
TITLES = {**SECTIONS, "failed": "Failures by call, path and error", FAILURES: "Failures by call"}
"""The sections that are compared, by key, in the order of the output."""

EXACT = frozenset(
    "programs not_started searched maybe_started sessions created maybe_created deleted renamed "
    "linked folders_made nodes permissions listening users mounts namespaces".split()
)
"""Sections whose lines stand for acts, each of which counts; in others rows are counted that a
program needs more or fewer of from run to run, as reads and writes."""

FAILED_STARTS = ("not_started", "searched")
"""Sections of programs that failed to start, with errors where the sandbox sends them."""

WAITING = frozenset(
    "futex nanosleep clock_nanosleep poll ppoll select pselect6 epoll_wait epoll_pwait "
    "epoll_pwait2 wait4 waitid pause rt_sigtimedwait rt_sigsuspend restart_syscall sched_yield "
    "accept accept4".split()
)
"""Calls whose duration, and mostly their number too, tells how long a program waited for others."""

_TIMING = {errno.errorcode[code] for code in (errno.EAGAIN, errno.EINTR)}


class ThingKey(NamedTuple):
    """What a thing is, folded."""

    section: str
    what: str
    details: str


@dataclass(slots=True)
class Thing:
    """One thing that a side did, however often."""

    key: ThingKey
    behind: Behind = field(default_factory=Behind)
    bytes_in: int = 0
    bytes_out: int = 0
    is_noticed: bool = False
    """Whether one should look at the program."""
    bare: str = ""
    """The details of a program, folded, as they would be without what only some gVisor and sessions
    tell; "" if they have nothing of that."""
    names: set[str] = field(default_factory=set)
    """What it was called before folding; a few of them."""

    @property
    def count(self) -> int:
        """How many rows are behind it."""
        return self.behind.count


_MAX_NAMES = 8


def things_of(activity: Activity, folding: ThingFolding) -> dict[ThingKey, Thing]:
    """The things of an activity of which nothing is folded yet."""
    found: dict[ThingKey, Thing] = {}
    for section in activity.sections:
        for line in section.lines:
            for key in _keys(section.key, line, folding):
                thing = found.get(key)
                if thing is None:
                    thing = found[key] = Thing(key)
                thing.behind.join(line.behind)
                thing.is_noticed |= line.is_noticed
                thing.bare = thing.bare or folding.fold(line.bare).strip(", ")
                thing.bytes_in += line.bytes_in
                thing.bytes_out += line.bytes_out
                if len(thing.names) < _MAX_NAMES:
                    thing.names.add(line.what)
    return found


def _keys(section: str, line: ActivityLine, folding: ThingFolding) -> Iterable[ThingKey]:
    what, details = folding.fold(line.what), folding.fold(line.details).strip(", ")
    if section != "failed":
        yield ThingKey(section, what, details)
        return
    call, _, about = what.partition(" ")
    if is_timing(call, details):
        return
    yield ThingKey(FAILURES, call, details)
    # A connection that failed has a section of its own.
    if about and call != "connect":
        yield ThingKey(section, what, details)


def levelled(
    side: dict[ThingKey, Thing], other: dict[ThingKey, Thing]
) -> tuple[dict[ThingKey, Thing], list[Thing]]:
    """The things of a side, with its programs told as the other side tells the same ones.

    Returns:
        The things: programs that are alike but for where they came from, or for the error with
        which they failed to start, are one, if the other side has it without being told. And those
        among them that one should look at, or that failed.
    """
    found, noticed = dict(side), []
    for key, thing in side.items():
        bare = ThingKey(key.section, key.what, thing.bare)
        if not thing.bare or bare not in other or other[bare].bare:
            continue
        if thing.is_noticed or key.section in FAILED_STARTS:
            noticed.append(thing)
        del found[key]
        alike, known = Thing(bare), found.get(bare)
        for each in (known, thing):
            if each is not None:
                alike.behind.join(each.behind)
                alike.names |= each.names
        found[bare] = alike
    return found, noticed


def is_timing(call: str, error: str) -> bool:
    """Whether a failure only tells that a call had to wait."""
    return error in _TIMING or (error == "ETIMEDOUT" and call in WAITING)
