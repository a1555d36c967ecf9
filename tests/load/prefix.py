"""Whether a recording has of each connection the first messages, all of them, as they were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gvtui.export.repairing import repair
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.survey import survey
from tests.load.numbered import name_of, numbered


@dataclass(slots=True)
class Found:
    """What a recording has of numbered messages."""

    first: list[int] = field(default_factory=list)
    """The number of the first message of each connection that is there."""
    last: list[int] = field(default_factory=list)
    """And of the last; 0 for none."""
    messages: int = 0
    let_go: int = 0
    """Messages that have been let go with old segments."""
    torn: int = 0
    """Bytes of a torn end."""
    problems: list[str] = field(default_factory=list)
    """What is not as it was sent, in sentences without full stop."""


def found_in(path: Path, *, counts_gone: bool = True) -> Found:
    """Look at each message of a recording; `counts_gone` if it tells how many have been let go, which
    one that was repaired does not.

    Raises:
        TraceError: it cannot be opened.
    """
    found = Found()
    trace = Trace.open(path)
    try:
        conns = sorted(each.conn for each in trace.connections.values())
        places = {conn: place for place, conn in enumerate(conns)}
        found.first, found.last = [0] * len(places), [0] * len(places)
        for row_id in range(trace.first_row, trace.end_row):
            row = trace.row(row_id)
            if row.kind == Kind.MESSAGE:
                found.messages += 1
                _take(found, places[row.conn], trace.payload(row_id))
        told = survey(trace)
        found.problems += told.problems
        found.torn, found.let_go = trace.damaged_bytes, told.accounting.let_go
        if len(trace.damage):
            found.problems.append(f"{len(trace.damage):,} damaged messages")
        for conn, place in places.items() if counts_gone else ():
            first, last = found.first[place], found.last[place]
            gone = trace.connections[conn].messages - (last - first + 1 if last else 0)
            if last and gone != first - 1:
                found.problems.append(f"{gone:,} are told to be gone, {first - 1:,} are")
            if last and gone and not found.let_go:
                found.problems.append(f"{name_of(place)} begins with {first:,}")
    finally:
        trace.close()
    return found


def _take(found: Found, place: int, message: bytes) -> None:
    number = found.last[place] + 1
    if not found.last[place]:
        # What was before may have been let go: the message tells its number.
        number = _number_in(place, message)
        found.first[place] = number
    if message != numbered(place, number):
        found.problems.append(f"{name_of(place)}: message {number:,} is another")
    found.last[place] = number


def _number_in(place: int, message: bytes) -> int:
    """The number that a message carries in its path."""
    behind = message.partition(f"/srv/{name_of(place)}/".encode())[2]
    digits = behind[: next((at for at, byte in enumerate(behind) if not 48 <= byte < 58), None)]
    return int(digits or b"0")


def problems_of(found: Found, seen: Sequence[int], sent: Sequence[int]) -> list[str]:
    """What is not as it must be, in sentences without full stop.

    Args:
        found: what is there.
        seen: how many of each connection had been seen.
        sent: how many each had sent; one more may have been on its way.
    """
    problems = list(found.problems)
    for place, (last, before, most) in enumerate(zip(found.last, seen, sent, strict=True)):
        if not before <= last <= most + 1:
            problems.append(
                f"{name_of(place)} ends with {last:,}, {before:,} were seen, {most:,} sent"
            )
    return problems


def repaired_problems(path: Path, out: Path, found: Found) -> list[str]:
    """Whether a repair of the same recording, which nobody has opened before, has the same."""
    report = repair(path, out)
    mended = found_in(out, counts_gone=False)
    problems = [f"repaired: {each}" for each in mended.problems]
    if (mended.first, mended.last) != (found.first, found.last):
        problems.append(f"repaired it has {mended.first} to {mended.last}")
    if report.lost:
        problems.append(f"repair tells {report.lost:,} lost messages: {report.words}")
    return problems
