"""The digests of a recording, by which a reader of a document knows that it is the same one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace

_PIECE = 1 << 20


def digests_of(trace: Trace) -> list[str]:
    """SHA-256 in hex of a recording; of a flight recorder one for each segment."""
    found = []
    extents = trace.log_extents()
    try:
        for log, size in extents:
            digest, position = hashlib.sha256(), 0
            while position < size:
                piece = log.pread(min(_PIECE, size - position), position)
                if not piece:
                    break
                digest.update(piece)
                position += len(piece)
            found.append(digest.hexdigest())
    finally:
        for log, _ in extents:
            log.close()
    return found
