"""What can be done with a field in the details: filter by it, or show it as a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.tui.detail.uses import FieldUse, field_use
from gvtui.tui.fieldcolumns import MAX_FIELD_COLUMNS, field_column
from gvtui.tui.kit.asking import Choice, Entry
from gvtui.tui.search.commands import SearchActions
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from gvtui.tui.detail.pane import DetailView

_MAX_SHOWN = 60


class FieldActions(SearchActions):
    """Filter to a value, filter it out, show a field as a column."""

    def on_detail_view_used(self, message: DetailView.Used) -> None:
        """Do what was asked with a field, or ask what to do."""
        model, view = self.model, message.field
        try:
            use = field_use(model.trace, model.analysis.processes, message.row_id, view)
        except (IndexError, WireError):
            return
        if message.use == "menu":
            self._ask_use(view.path, use)
        else:
            self._use(use, message.use)

    def _ask_use(self, path: str, use: FieldUse) -> None:
        shown = any(column.key == use.column for column in self.model.field_columns)
        only, without = (escape(text, _MAX_SHOWN) for text in (use.only, use.without))
        column = f"{'Remove the' if shown else 'Show as a'} column   {escape(use.column, 40)}"
        entries = [
            Entry("only", f"Filter to this     {only}", bool(use.field)),
            Entry("without", f"Filter this out    {without}", bool(use.field)),
            Entry("column", column, bool(use.column)),
        ]
        heading = f"{escape(path, _MAX_SHOWN)}: Enter picks, Esc closes"
        self.choose(Choice(heading, entries, lambda picked: self._use(use, picked)))

    def _use(self, use: FieldUse, what: str) -> None:
        if what == "column":
            self._switch_column(use.column)
        elif not use.field:
            self.tell("Filters cannot ask for this field.", "warning")
        else:
            chips = self.model.chips
            if what == "only":
                chips.put(use.only, use.slot)
            else:
                chips.put(use.without)
            self.apply_chips()

    def _switch_column(self, field: str) -> None:
        """Show a field as a column, or no more."""
        model = self.model
        left = tuple(column for column in model.field_columns if column.key != field)
        if not field:
            self.tell("This field cannot be shown as a column.", "warning")
        elif len(left) < len(model.field_columns):
            model.field_columns = left
        elif len(left) >= MAX_FIELD_COLUMNS:
            self.tell(
                f"There are {MAX_FIELD_COLUMNS} added columns already; remove one.", "warning"
            )
        else:
            model.field_columns = (*left, field_column(field))
        model.hidden_columns -= {field}
        self.stream.redraw()
