"""What the Points pane says of a sandbox that has gone, and of one that is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvtui.tui.points.edit import Edit


def gone_words(title: str, edit: Edit) -> str:
    """That a sandbox has gone, and what becomes of the changes staged for it.

    Args:
        title: what the sandbox is called.
        edit: its sessions.
    """
    staged = _staged(edit)
    if not staged:
        return f"{title} has gone."
    return f"{title} has gone. What is staged for it is kept until it is back: {staged}."


def back_words(title: str, edit: Edit) -> str:
    """That a sandbox is back, and what can be applied to it.

    Args:
        title: what the sandbox is called.
        edit: its sessions.
    """
    staged = _staged(edit)
    return f"{title} is back." + (
        f" What was staged for it can be applied: {staged}." * bool(staged)
    )


def _staged(edit: Edit) -> str:
    """What is staged, such as `+3 −1`; "" for nothing."""
    return str(edit.diff) if edit.is_staged else ""
