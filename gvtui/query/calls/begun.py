"""Which calls have begun something that goes on after them: their error is no failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.outcome import BEGUN
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def goes_on(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """The exits of connects that go on without blocking: their error is no failure."""
    found: npt.NDArray[np.bool_] = (rows["type"] == MessageType.SYSCALL_CONNECT) & (
        rows["errno"] == BEGUN
    )
    return found
