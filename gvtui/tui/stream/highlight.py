"""Highlights the matches of a search in the segments of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment

if TYPE_CHECKING:
    import re

    from rich.style import Style


def highlight(cell: list[Segment], pattern: re.Pattern[str], style: Style) -> list[Segment] | None:
    """The cell with all matches of the pattern in `style`; None if there are none."""
    text = "".join(segment.text for segment in cell)
    spans = [match.span() for match in pattern.finditer(text) if match.end() > match.start()]
    return _styled(cell, spans, style) if spans else None


def highlight_end(cell: list[Segment], style: Style) -> list[Segment] | None:
    """The cell with its last character in `style`, for a match in the part cut off."""
    text = "".join(segment.text for segment in cell).rstrip()
    return _styled(cell, [(len(text) - 1, len(text))], style) if text else None


def _styled(cell: list[Segment], spans: list[tuple[int, int]], style: Style) -> list[Segment]:
    segments: list[Segment] = []
    offset = 0
    for segment in cell:
        text, plain = segment.text, 0
        for start, stop in spans:
            low, high = max(start - offset, 0), min(stop - offset, len(text))
            if low < high:
                segments.append(Segment(text[plain:low], segment.style))
                segments.append(Segment(text[low:high], (segment.style or style) + style))
                plain = high
        segments.append(Segment(text[plain:], segment.style))
        offset += len(text)
    return [segment for segment in segments if segment.text]
