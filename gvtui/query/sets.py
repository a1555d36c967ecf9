"""Named sets of system calls and events, for `evt.type in %network`."""

from gvtui.points.groups import SET_DESCRIPTIONS, SETS

__all__ = ["SETS", "SET_DESCRIPTIONS"]
