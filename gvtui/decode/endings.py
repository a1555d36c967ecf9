"""Says how a sandbox, or a connection of it, has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.signals import wait_status
from gvtui.trace.connections import CLOSED_BY_SANDBOX
from gvtui.trace.lives import LifeEnding

if TYPE_CHECKING:
    from gvtui.trace.lives import Life

_NO_EXIT = "no exit of its first process was told"


def ending_words(life: Life | None) -> str:
    """How a sandbox without a connection has ended, in one or a few words.

    Args:
        life: its life; None if nothing is known of it.
    """
    if life is None or life.ending is None:
        return "gone"
    if life.exit_status is not None:
        return wait_status(life.exit_status)
    return "cut off"


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
    if life.ending is LifeEnding.CUT_OFF:
        return f"cut off, its sandbox has gone; {_NO_EXIT}"
    return f"cut off, and the sandbox was started again later; {_NO_EXIT}"
