"""What is known of a piece of a flight recorder whose header is damaged: its first mark tells what
was let go, as the header did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.trace.details import unpack_details
from gvtui.trace.records import LogKind, Record
from gvtui.trace.scanning import Begin, first_head, scan_log
from gvtui.trace.thinned import ThinnedMark

if TYPE_CHECKING:
    from gvtui.trace.scanning import Item
    from gvtui.trace.window import Window


def piece_head(window: Window) -> dict[str, Any]:
    """What the header of a piece says; where it is damaged, what was let go alone, in `thinned`."""
    head = first_head(window) or {}
    return head if "id" in head else {**head, **_told_by_mark(window)}


def thinned_record(item: Item) -> ThinnedMark | None:
    """The mark of what was let go, if an item of a log is one that is as it was written."""
    if isinstance(item, Record) and item.kind == LogKind.MARK and not item.is_damaged:
        details = unpack_details(item.payload)
        if not item.conn and details.get("kind") == ThinnedMark.kind:
            return ThinnedMark.read(details)
    return None


def _told_by_mark(window: Window) -> dict[str, Any]:
    for item in scan_log(window):
        if not isinstance(item, (Begin, int)):
            mark = thinned_record(item)
            return {"thinned": mark.details()} if mark is not None else {}
    return {}
