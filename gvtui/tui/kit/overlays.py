"""Dialogs over the viewer: a list to pick from, a text to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from gvtui.tui.kit.asking import Choice, Entry, Text


_PANEL_EDGES = 6
"""How many columns of a panel its padding and scrollbar take."""
_LEAST_WIDTH = 40


class Pager(VerticalScroll):
    """A text that scrolls with the keys of less, besides the usual ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("g", "scroll_home", "To the beginning", show=False),
        Binding("G", "scroll_end", "To the end", show=False),
        Binding("ctrl+d", "scroll_half(1)", "Down half a screen", show=False),
        Binding("ctrl+u", "scroll_half(-1)", "Up half a screen", show=False),
    ]

    def action_scroll_half(self, halves: int) -> None:
        """Scroll by half screens."""
        self.scroll_relative(y=halves * max(1, self.size.height // 2), animate=False)


class Entries(OptionList):
    """A list with the movement keys of less, besides the usual ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("g", "first", "The first", show=False),
        Binding("G", "last", "The last", show=False),
        Binding("ctrl+d", "page_down", "Down", show=False),
        Binding("ctrl+u", "page_up", "Up", show=False),
    ]


class Overlay(ModalScreen[None]):
    """A panel in the middle of the screen; Esc, q, Ctrl+C or a click beside it closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "dismiss", "Close", show=False)
    ]

    def __init__(self, closing: Sequence[str] = ()) -> None:
        """Make the panel; `closing` are further keys that close it, such as the one that opens
        it."""
        super().__init__()
        self._closing_keys = closing

    def on_key(self, event: events.Key) -> None:
        """Close the panel with the key that opens it."""
        if event.key in self._closing_keys:
            event.stop()
            self.close()

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Close the panel."""
        self.close()

    def close(self) -> None:
        """Close the panel without an answer."""
        self.dismiss()

    def on_click(self, event: events.Click) -> None:
        """Close the panel if the click is beside it."""
        if self.get_widget_at(event.screen_x, event.screen_y)[0] is self:
            self.close()


class ListScreen(Overlay):
    """A list: Enter picks or toggles an entry, Del removes one if that is allowed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", "Switch", show=False),
        Binding("delete,backspace", "remove", "Remove", show=False),
    ]

    def __init__(self, choice: Choice, closing: Sequence[str] = ()) -> None:
        super().__init__(closing)
        self._choice = choice

    def compose(self) -> ComposeResult:
        """The heading and the entries."""
        with Vertical(classes="panel"):
            yield Static(self._choice.heading, markup=False)
            yield Entries(*map(_option, self._choice.entries), compact=True, markup=False)

    def on_mount(self) -> None:
        """Give the list the focus."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Pick or toggle the entry."""
        key = event.option_id or ""
        if self._choice.switched is not None:
            event.option_list.replace_option_prompt(key, self._choice.switched(key))
            return
        self.dismiss()
        self._choice.picked(key)

    def close(self) -> None:
        """Close the list without an answer, and call `cancelled`."""
        super().close()
        if self._choice.cancelled is not None:
            self._choice.cancelled()

    def action_switch(self) -> None:
        """Toggle the entry at the cursor."""
        if self._choice.switched is not None:
            self.query_one(OptionList).action_select()

    def action_remove(self) -> None:
        """Remove the entry at the cursor."""
        options = self.query_one(OptionList)
        if self._choice.removed is None or options.highlighted is None:
            return
        option = options.get_option_at_index(options.highlighted)
        self._choice.removed(option.id or "")
        options.remove_option_at_index(options.highlighted)
        if not options.option_count:
            self.dismiss()


def _option(entry: Entry) -> Option:
    return Option(entry.words, id=entry.key, disabled=not entry.enabled)


class TextScreen(Overlay):
    """A text under a title, in a panel that scrolls."""

    def __init__(self, text: Text, closing: Sequence[str] = ()) -> None:
        super().__init__(closing)
        self._text = text

    def compose(self) -> ComposeResult:
        """The title and the text."""
        body = self._text.body
        if callable(body):
            room = self.app.size.width * 96 // 100 - _PANEL_EDGES
            body = body(max(_LEAST_WIDTH, room))
        with Pager(classes="panel wide" if self._text.is_wide else "panel"):
            if self._text.title:
                yield Static(Content.styled(f"{self._text.title}\n", "bold"))
            yield Static(Content.assemble(*body), markup=False)

    def on_mount(self) -> None:
        """Give the text the focus, so that keys scroll it."""
        panel = self.query_one(VerticalScroll)
        if self._text.from_end:
            panel.scroll_end(animate=False)
        panel.focus()
