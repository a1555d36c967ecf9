"""What the header of a log says, and whether somebody writes the log."""

from __future__ import annotations

import fcntl
import hashlib
from typing import TYPE_CHECKING, Any

from gvtui.files import open_to_read
from gvtui.limits import LIMITS
from gvtui.points.syscalls import ARCHITECTURES, UNKNOWN_ARCHITECTURE
from gvtui.trace.batches import FORMAT
from gvtui.trace.bytesource import opened_source
from gvtui.trace.details import int_in, list_in, text_in
from gvtui.trace.pieceheads import piece_head
from gvtui.trace.records import TraceError
from gvtui.trace.scanning import first_head
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_LOOK = 32 << 20
"""Bytes in which a log must have something that can be read."""


_LOOK_STEP = 64 << 10


_NAMING_BYTES = 4096
"""Bytes that a recording is known by whose header is damaged."""


_MAX_PROGRAM = 60


def read_header(log: Path) -> dict[str, Any]:
    """What the first header of a log says; where it is damaged, no more than an `id`.

    Raises:
        TraceError: it is no log, or it is of a later version.
        OSError: the file cannot be read.
    """
    with opened_source(log) as source:
        size = min(source.size, _MAX_LOOK)
        head = first_head(Window(source, size, step=_LOOK_STEP))
        if head is None:
            raise TraceError(
                f"{log} is neither a gvtui recording nor a gVisor save file"
                + ": it is empty; its writer may have been killed before anything came" * (not size)
            )
        _refuse_later(log, head)
        if not isinstance(head.get("id"), bytes):
            # A name that is the same the next time, so that an index can be made for it.
            start = source.pread(_NAMING_BYTES, 0)
            head = {**head, "id": hashlib.sha256(start).digest()[:16]}
    return head


def folder_header(logs: Sequence[Path]) -> dict[str, Any]:
    """What the first header says that can be read of the segments of a flight recorder, oldest first;
    it has an `id`.

    Raises:
        TraceError: there is none, or it is of a later version.
        OSError: a file cannot be read.
    """
    for log in logs[:-1]:
        head = segment_header(log)
        if isinstance(head.get("id"), bytes):
            return head
    return read_header(logs[-1])


def segment_header(log: Path) -> dict[str, Any]:
    """What the header of a flight recorder's segment says; empty where nothing of it can be read,
    as of one that its writer had only just begun when it was killed.

    Raises:
        TraceError: it is of a later version.
        OSError: the file cannot be read.
    """
    with opened_source(log) as source:
        size = min(source.size, _MAX_LOOK)
        head = first_head(Window(source, size, step=_LOOK_STEP)) or {}
    _refuse_later(log, head)
    return head


def piece_header(log: Path) -> dict[str, Any]:
    """The same of a piece of a flight recorder; see `gvtui.trace.pieceheads`."""
    head = segment_header(log)
    if "id" in head:
        return head
    with opened_source(log) as source:
        return piece_head(Window(source, min(source.size, _MAX_LOOK), step=_LOOK_STEP))


def _refuse_later(log: Path, head: dict[str, Any]) -> None:
    """Raise TraceError if a log can only be read by a later version."""
    program = text_in(head, "program", _MAX_PROGRAM)
    if int_in(head, "format") > FORMAT:
        raise TraceError(
            f"{log} was written by a later version ({program}); update gvtui to read it"
        )
    needs = [need for need in list_in(head, "needs") if isinstance(need, str)]
    if needs:
        raise TraceError(
            f"{log} was written by {program or 'another version'} with {needs[0][:_MAX_PROGRAM]}, "
            "which this version does not know; update gvtui to read it"
        )


def architecture_of(head: dict[str, Any]) -> str:
    """The architecture that a header names; `UNKNOWN_ARCHITECTURE` if it names none."""
    architecture = text_in(head, "arch")
    return architecture if architecture in ARCHITECTURES else UNKNOWN_ARCHITECTURE


def drop_limit_of(head: dict[str, Any]) -> int:
    """How many points a second a sandbox could claim to have dropped when it was recorded; the
    usual number if a header does not tell it, or tells one that no limit can have."""
    row = LIMITS["drops-a-second"]
    told = int_in(head, "drops_a_second")
    return told if row.least <= told <= row.most else row.default


def are_being_written(logs: Sequence[Path]) -> bool:
    """Whether a program has locked one of the segments of a flight recorder, oldest first, as their
    writer does: the newest, or the one before while the newest is only just made."""
    return any(is_being_written(log) for log in logs[-2:])


def is_being_written(log: Path) -> bool:
    """Whether a program has locked the log, as its writer does."""
    with open_to_read(log) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
