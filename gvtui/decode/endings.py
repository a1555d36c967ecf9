"""Says how a sandbox, or a connection of it, has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.signals import wait_status
from gvtui.trace.connections import CLOSED_BY_SANDBOX
from gvtui.trace.lives import LifeEnding

if TYPE_CHECKING:
    from gvtui.trace.lives import Life

_NO_EXIT = "no exit of its first process was told"


def untold_ending(traces_exits: bool | None) -> str:
    """How something has ended whose exit was not told, in one or a few words.

    Args:
        traces_exits: whether the session traces exits, so that its exit would have been told; None
            if nothing tells.
    """
    if traces_exits is None:
        return "no exit told"
    return "cut off" if traces_exits else "ended"


def ending_words(life: Life | None) -> str:
    """How a sandbox without a connection has ended, in one or a few words.

    Args:
        life: its life; None if nothing is known of it.
    """
    if life is None or life.ending is None:
        return "gone"
    if life.exit_status is not None:
        return wait_status(life.exit_status)
    return untold_ending(life.traces_exits)


def closing_words(life: Life | None, conn: int) -> str:
    """Why a connection was closed by its sandbox's side.

    Args:
        life: the sandbox's life; None if nothing is known of it.
        conn: the connection.
    """
    if life is None:
        return CLOSED_BY_SANDBOX
    if life.last_conn != conn:
        return "its sandbox has another connection"
    if life.ending is None:
        return f"its session or its sandbox has ended; {_NO_EXIT}"
    if life.exit_status is not None:
        return f"its first process has ended, {wait_status(life.exit_status)}"
    is_gone = life.ending is LifeEnding.CUT_OFF
    if life.traces_exits:
        how = "its sandbox has gone" if is_gone else "and the sandbox was started again later"
        return f"cut off, {how}; {_NO_EXIT}"
    how = "its sandbox has gone" if is_gone else "its sandbox was started again later"
    if life.traces_exits is None:
        return (
            f"{how}; no exit was told of any process, and nothing tells whether exits were traced"
        )
    return f"{how}; {_NO_EXIT}, since the session traces none"
