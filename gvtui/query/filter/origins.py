"""Where the file of a program that starts, or mapped code, came from: the values of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.origin import Origin, mapping_origin, program_origin
from gvtui.query.filter.batch import UNKNOWN, NumberColumn
from gvtui.trace.row import Kind
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2

if TYPE_CHECKING:
    from gvtui.query.filter.batch import Numbers, RowBatch

ORIGIN_NUMBERS = {origin.value: number for number, origin in enumerate(Origin) if origin.value}
"""Where a file came from, as the values of a field, with their numbers in its column."""

_TELLING = (MessageType.SENTRY_EXEC, MessageType.SENTRY_MMAP)


def _origins(batch: RowBatch) -> Numbers:
    """The number of each row's origin; `UNKNOWN` where none is told."""
    found = np.full(len(batch), UNKNOWN, np.int64)
    tells = np.isin(batch.column("type"), _TELLING) & (batch.column("kind") == Kind.MESSAGE)
    for place in np.flatnonzero(tells).tolist():
        decoded = batch.decoded(place)
        message = decoded.message if decoded is not None else None
        origin = Origin.UNKNOWN
        if isinstance(message, sentry_pb2.ExecveInfo):
            origin = program_origin(message)
        elif isinstance(message, sentry_pb2.MmapInfo):
            origin = mapping_origin(message)
        found[place] = ORIGIN_NUMBERS.get(origin.value, UNKNOWN)
    return found


ORIGIN = NumberColumn("origin", UNKNOWN, _origins, reads_messages=True)
