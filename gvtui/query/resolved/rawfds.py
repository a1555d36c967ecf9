"""The descriptors that raw calls are about: their rows do not have them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.decode.numbers import int32
from gvtui.decode.raw_table import ARGUMENTS
from gvtui.points.syscalls import sysnos_by_name
from gvtui.trace.row import NO_FD
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource


@cache
def fd_calls(architecture: str) -> frozenset[int]:
    """The calls whose first argument is the descriptor that they are about."""
    return frozenset(
        number
        for name, number in sysnos_by_name(architecture).items()
        if name != "close_range" and any(form == "fd" for _, form in ARGUMENTS.get(name, ())[:1])
    )


def first_arguments(
    trace: RowSource, start: int, places: npt.NDArray[np.intp]
) -> npt.NDArray[np.int64]:
    """The first arguments of raw rows; `NO_FD` where the message cannot be read.

    Args:
        trace: where the rows are.
        start: row id of the place 0.
        places: the rows' places.
    """
    out = np.full(len(places), NO_FD, np.int64)
    for index, place in enumerate(places.tolist()):
        try:
            message: Any = trace.decoded(start + place).message
        except (WireError, IndexError):
            continue
        out[index] = int32(message.arg1)
    return out
