"""The signs for kinds of rows, processes and sandboxes, and what stands for them in ASCII."""

from __future__ import annotations

import re

from rich.cells import cell_len

from gvtui.decode.ascii import IN_ASCII

ENTER_SIGN, EXIT_SIGN = "E →", "X ←"
"""The signs of enter and exit, with the letters that gVisor's own logs use."""
ENTER_SIDE, EXIT_SIDE = "→", "←"
"""The same, for places with one cell."""
EVENT_SIGN = "◆"
BAD_SIGN, UNKNOWN_SIGN = "!", "?"
FAILED_SIGN, DROP_SIGN, CALL_SIGN = "✗", "▲", "↔"
GAP_SIGN, SESSION_SIGN, PROCFS_SIGN = "≠", "■", "◦"
OUTSIDE_SIGN = "⇥"
"""In front of the name of a process that is of an exec session."""
DISPUTED_SIGN = "¬"
"""In front of the name of a sandbox that says it is another; see `gvtui.trace.claims`."""

CURSOR_MARK = "▌"
OPEN_SIGN, CLOSED_SIGN = "▾", "▸"
"""In front of what is unfolded, and of what can be."""
BOOKMARK, BOOKMARK_AT_CURSOR = "⚑", "⚐"
WINDOW_SIGN = "┃"
"""On the timeline, the part that the stream shows."""
RUNS_SIGN, ENDED_SIGN = "●", "†"
LOST_SIGN = "◌"
"""No connection is left, so nobody knows whether a sandbox or a process still runs."""
COST_SIGN = "$"
COMES_SIGN = "↑"
"""Behind the count of a point: messages of it come now."""

_WORDS = (
    (re.compile("([EX]) ([→←])"), lambda found: f"{found[1]}{IN_ASCII[found[2]]} "),
    (re.compile(r"≥([^≥\x1b]*?)  "), lambda found: f">={found[1]} "),
)
"""What reads better with more letters, where a blank can go."""
_OTHER = re.compile(r"[^\x00-\x7f]")


def in_ascii(text: str) -> str:
    """A text in ASCII that takes as many cells; characters that nothing stands for become `?`."""
    if text.isascii():
        return text
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return _OTHER.sub(lambda found: IN_ASCII.get(found[0], "?" * cell_len(found[0])), text)
