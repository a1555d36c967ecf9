"""Tells where states of a trace at its rows are kept, and of which rows they must be.

Those of a complete recording lie beside its index. A folder of segments, and a recording that is
being written, belong to their writer, and change: their states lie in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import platformdirs

from gvtui.trace.files import SPACED_SUFFIX
from gvtui.trace.header import is_being_written
from gvtui.trace.keptfile import identity_of
from gvtui.trace.sidefiles import spaced_path

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace

MOST_CACHED = 16
"""For how many traces the cache has states."""
MOST_CACHED_BYTES = 2 << 30
"""How many bytes of disk they may use together."""


class StatesPlace(NamedTuple):
    """Where the states of a trace are kept."""

    path: Path
    identity: list[Any]
    """What states must be of to be believed, as plain values."""
    may_grow: bool
    """Whether more rows may come behind those that a state is of; else all are there."""


def states_place(trace: Trace) -> StatesPlace | None:
    """Where the states of a trace are kept; None where none can be."""
    if trace.settling is not None:
        return None
    with contextlib.suppress(OSError):
        if not trace.is_folder:
            pair = trace.index_files
            if pair is None:
                return None
            if not is_being_written(trace.path):
                identity = identity_of(trace.path, pair)
                return None if identity is None else StatesPlace(spaced_path(pair), identity, False)
        path = _cached(trace.path)
        return StatesPlace(path, _beginning(trace), True) if path is not None else None
    return None


def _beginning(trace: Trace) -> list[Any]:
    """What the rows of a trace that may grow begin with: as long as it is the same, so are all rows
    that have been there."""
    info = trace.path.stat()
    trace_id = trace.oldest_head().get("id")
    told = trace_id if isinstance(trace_id, bytes) else b""
    return ["begins", info.st_dev, info.st_ino, told, trace.first_row, *trace.beginning()]


def _cached(trace: Path) -> Path | None:
    """The path in the cache; None if there is no folder for it."""
    folder = Path(platformdirs.user_cache_path("gvtui"), "states")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    name = hashlib.sha256(os.fsencode(os.path.realpath(trace))).hexdigest()
    return folder / f"{name}{SPACED_SUFFIX}"


def forget_old_states(kept: Path) -> None:
    """Remove the oldest states from the cache, but never those at a path, which is in use."""
    with contextlib.suppress(OSError):
        found = []
        for path in kept.parent.glob(f"*{SPACED_SUFFIX}"):
            with contextlib.suppress(OSError):
                info = path.lstat()
                found.append((info.st_mtime_ns, info.st_size, path))
        taken = 0
        for count, (_, size, path) in enumerate(sorted(found, reverse=True), 1):
            taken += size
            if path != kept and (count > MOST_CACHED or taken > MOST_CACHED_BYTES):
                path.unlink(missing_ok=True)
