"""The base of widgets that draw their own lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from gvtui.tui.kit.cells import Part, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style


class LineWidget(Widget):
    """A widget that draws styled words line by line.

    Words are never read as markup. Their styles are component classes of the stylesheet, named
    after `PREFIX`, and are resolved once for each change of theme. A style that a base class has
    for all its subclasses is asked for by its whole name.
    """

    PREFIX: ClassVar[str] = ""
    LOOKS: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: bool) -> None:
        super().__init_subclass__(**options)
        cls.COMPONENT_CLASSES = {f"{cls.PREFIX}--{look}" for look in cls.LOOKS}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._looks: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        """Resolve the styles again after a change."""
        super().notify_style_update()
        self._looks = {}

    def look(self, name: str) -> Style:
        """The style of one of `LOOKS`."""
        style = self._looks.get(name)
        if style is None:
            style = self.rich_style
            if name:
                own = self.get_component_rich_style(self._class(name), partial=True)
                style = style + own
            self._looks[name] = style
        return style

    def _class(self, name: str) -> str:
        return name if "--" in name else f"{self.PREFIX}--{name}"

    def strip(self, parts: Iterable[Part], width: int, *, ground: str = "") -> Strip:
        """One line of words, cut or padded to `width`; `ground` is a style under the whole line."""
        segments = [Segment(text, self.look(name)) for text, name in parts if text]
        line = Strip(segments, sum(width_of(segment.text) for segment in segments))
        line = line.adjust_cell_length(width, self.look(""))
        if not ground:
            return line
        under = self.get_component_rich_style(self._class(ground), partial=True)
        return Strip(list(Segment.apply_style(line, post_style=under)), line.cell_length)
