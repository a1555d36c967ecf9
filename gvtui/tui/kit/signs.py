"""The signs for kinds of rows, processes and sandboxes."""

from __future__ import annotations

ENTER_SIGN, EXIT_SIGN = "E →", "X ←"
"""The signs of enter and exit, with the letters that gVisor's own logs use."""
ENTER_SIDE, EXIT_SIDE = "→", "←"
"""The same, for places with one cell."""
EVENT_SIGN = "◆"
BAD_SIGN, UNKNOWN_SIGN = "!", "?"
FAILED_SIGN, DROP_SIGN, CALL_SIGN = "✗", "▲", "↔"
GAP_SIGN, SESSION_SIGN, PROCFS_SIGN = "≠", "■", "◦"
DISPUTED_SIGN = "¬"
"""In front of the name of a sandbox that says it is another; see `gvtui.trace.claims`."""

CURSOR_MARK = "▌"
BOOKMARK, BOOKMARK_AT_CURSOR = "⚑", "⚐"
WINDOW_SIGN = "┃"
"""On the timeline, the part that the stream shows."""
RUNS_SIGN, ENDED_SIGN = "●", "†"
LOST_SIGN = "◌"
"""No connection is left, so nobody knows whether a sandbox or a process still runs."""
COST_SIGN = "$"
