"""The signs that stand for what a row, a process or a sandbox is."""

from __future__ import annotations

ENTER_SIGN, EXIT_SIGN = "E →", "X ←"
"""With the letters that gVisor's own logs of system calls use."""
ENTER_SIDE, EXIT_SIDE = "→", "←"
"""Where one cell has to do."""
EVENT_SIGN = "◆"
BAD_SIGN, UNKNOWN_SIGN = "!", "?"
FAILED_SIGN, DROP_SIGN, CALL_SIGN = "✗", "▲", "↔"
GAP_SIGN, SESSION_SIGN, PROCFS_SIGN = "≠", "■", "◦"

CURSOR_MARK = "▌"
BOOKMARK, BOOKMARK_AT_CURSOR = "⚑", "⚐"
WINDOW_SIGN = "┃"
"""On the timeline, what the stream shows."""
RUNS_SIGN, ENDED_SIGN = "●", "†"
LOST_SIGN = "◌"
"""Nobody knows whether the sandbox is still there: the monitor has gone."""
COST_SIGN = "$"
