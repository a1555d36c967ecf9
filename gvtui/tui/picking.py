"""A list over the viewer from which one entry is picked: saved filters, bookmarks, a field's uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gvtui.tui.frame.help import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list; its words are harmless on a terminal."""

    key: str
    """What it is told by; not shown."""
    words: str
    enabled: bool = True


class PickScreen(Overlay):
    """Entries; Enter picks one and closes the list, Del takes one away where that can be done."""

    BINDINGS: ClassVar = [
        Binding("escape,q", "dismiss", "Close", show=False),
        Binding("delete,backspace", "remove", "Remove", show=False),
    ]

    def __init__(
        self,
        heading: str,
        entries: Sequence[Entry],
        picked: Callable[[str], None],
        *,
        removed: Callable[[str], None] | None = None,
    ) -> None:
        """Make the list.

        Args:
            heading: the line over it.
            entries: what there is.
            picked: told the key of the entry that was picked.
            removed: told the key of an entry that is to go; None if none can.
        """
        super().__init__()
        self._heading = heading
        self._entries = entries
        self._picked = picked
        self._removed = removed

    def compose(self) -> ComposeResult:
        """The heading and the entries."""
        with Vertical(classes="panel"):
            yield Static(self._heading, markup=False)
            yield OptionList(
                *(
                    Option(entry.words, id=f"entry-{place}", disabled=not entry.enabled)
                    for place, entry in enumerate(self._entries)
                ),
                compact=True,
                markup=False,
            )

    def on_mount(self) -> None:
        """Keys work in the list at once."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Pick an entry."""
        key = self._key(event.option.id)
        self.dismiss()
        self._picked(key)

    def _key(self, option_id: str | None) -> str:
        place = int((option_id or "").removeprefix("entry-"))
        return self._entries[place].key

    def action_remove(self) -> None:
        """Take the entry at the cursor away."""
        options = self.query_one(OptionList)
        if self._removed is None or options.highlighted is None:
            return
        option = options.get_option_at_index(options.highlighted)
        self._removed(self._key(option.id))
        options.remove_option_at_index(options.highlighted)
        if not options.option_count:
            self.dismiss()
