"""Commands of the details: filter by a field, show it as a column, show the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.decode.escape import escape
from gvtui.tui.command.command import command
from gvtui.tui.detail.about import About, about, reading, resolved_call
from gvtui.tui.detail.uses import FieldUse, field_use
from gvtui.tui.kit.asking import Choice, Entry
from gvtui.tui.model.chips import Chip
from gvtui.tui.stream.columns import MAX_FIELD_COLUMNS, field_column
from gvtui.tui.stream.commands import Rows
from gvtui.tui.viewer import Feature, Viewer
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.decode.fields import FieldView

_MAX_SHOWN = 60


class Details(Feature):
    """The commands of the details that work everywhere, and the uses of a field."""

    prefix, heading = "detail", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.shows_bytes = False

    def recall(self, told: Mapping[str, Any]) -> None:
        """Restore whether bytes are shown."""
        self.shows_bytes = told.get("bytes") is True

    def remember(self) -> dict[str, Any]:
        """Whether bytes are shown, to be stored."""
        return {"bytes": self.shows_bytes}

    @command("The selected message's bytes, in hex", "H", footer="hex")
    def hex(self) -> None:
        """Show or hide the bytes; hidden details are shown."""
        self.shows_bytes = not self.shows_bytes
        self.viewer.parts.show("detail")
        self.viewer.show_news()

    def known(self) -> tuple[About, ...]:
        """What other rows tell of the selected one."""
        return about(self.model, self.model.cursor, self.viewer.commands.keys_of("detail.life"))

    @command("The life of this row's descriptor: opening, uses, closing", "L", heading="Moving")
    def life(self) -> None:
        """Show all rows of the open file or socket that the selected row is about."""
        model, row = self.model, self.viewer.selected_message()
        row_id = model.cursor
        if row is None or row_id is None:
            return
        call = resolved_call(model, row_id)
        if row_id >= model.analysis.resolved.position:
            self.viewer.tell(f"Descriptors are being looked up: {reading(model)} read.")
        elif call is None or call.description is None:
            self.viewer.tell("This row is about no descriptor that is known.", "warning")
        else:
            description = call.description
            words = f"{description.fd} {description.name or description.kind.word}".rstrip()
            label = f"life of {escape(words, _MAX_SHOWN)}"
            self.viewer.show_rows(Chip(description.rows_filter, "fd.id", label=label), row_id)

    @command("Show or hide the details", "d")
    def toggle(self) -> None:
        """Show or hide the details."""
        self.viewer.parts.toggle("detail")

    def use(self, row_id: int, view: FieldView, what: str) -> None:
        """Filter by a field, or show it as a column.

        Args:
            row_id: the row whose message has the field.
            view: the field.
            what: `only`, `without`, `column`, or `menu` to ask the user.
        """
        try:
            model = self.model
            use = field_use(model.trace, model.analysis.processes, row_id, view)
        except (IndexError, WireError):
            return
        if what == "menu":
            self._ask(view.path, use)
        else:
            self._use(use, what)

    def _ask(self, path: str, use: FieldUse) -> None:
        only, without = (escape(text, _MAX_SHOWN) for text in (use.only, use.without))
        shown = "Remove the" if self._is_column(use.column) else "Show as a"
        entries = [
            Entry("only", f"Filter to this     {only}", bool(use.field)),
            Entry("without", f"Filter this out    {without}", bool(use.field)),
            Entry("column", f"{shown} column   {escape(use.column, 40)}", bool(use.column)),
        ]
        heading = f"{escape(path, _MAX_SHOWN)}: Enter picks, Esc closes"
        self.viewer.choose(Choice(heading, entries, lambda picked: self._use(use, picked)))

    def _use(self, use: FieldUse, what: str) -> None:
        if what == "column":
            self._switch_column(use.column)
        elif not use.field:
            self.viewer.tell("Filters cannot ask for this field.", "warning")
        else:
            chips = self.model.chips
            if what == "only":
                chips.put(use.only, use.slot)
            else:
                chips.put(use.without)
            self.viewer.refilter()

    def _is_column(self, field: str) -> bool:
        return any(column.key == field for column in self.viewer.feature(Rows).look.added)

    def _switch_column(self, field: str) -> None:
        """Add a field as a column, or remove the column."""
        rows = self.viewer.feature(Rows)
        if not field:
            self.viewer.tell("This field cannot be shown as a column.", "warning")
        elif self._is_column(field):
            rows.remove_column(field)
        elif len(rows.look.added) >= MAX_FIELD_COLUMNS:
            self.viewer.tell(
                f"There are {MAX_FIELD_COLUMNS} added columns already; remove one.", "warning"
            )
        else:
            rows.add_column(field_column(field))
