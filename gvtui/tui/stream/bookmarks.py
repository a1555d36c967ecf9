"""Keys that set bookmarks and go to them."""

from __future__ import annotations

from gvtui.decode.escape import escape
from gvtui.trace.bookmarks import MAX_NOTE, MarksError
from gvtui.tui.detail.commands import FieldActions
from gvtui.tui.kit.prompt import Problem, Question
from gvtui.tui.kit.times import clock_text
from gvtui.tui.picking import Entry, PickScreen

_REMOVE = "-"


class MarkActions(FieldActions):
    """Set, change, list."""

    def on_mount(self) -> None:
        """Say why bookmarks cannot be read, if so."""
        self._tell_problem()

    def _tell_problem(self) -> None:
        if self.model.marks.problem:
            self.tell(f"Bookmarks: {self.model.marks.problem}.", "warning")

    def action_mark(self) -> None:
        """Ask for the note of the selected row's bookmark."""
        model = self.model
        row_id = model.cursor
        if row_id is None or row_id < model.trace.first_row:
            self.tell("Select a row first: ↑ and ↓ do.", "warning")
            return
        if model.following:
            self.stream.pause()
        marks, note = model.marks, model.marks.note(row_id)

        def done(text: str) -> Problem | None:
            if len(text) > MAX_NOTE:
                return Problem(f"a note has at most {MAX_NOTE:,} characters", MAX_NOTE)
            try:
                if text.strip() == _REMOVE:
                    marks.remove(row_id)
                else:
                    marks.set(row_id, text.strip())
            except (MarksError, IndexError) as error:
                self.tell(f"Bookmark: {error}", "error")
            self.stream.redraw()
            return None

        hint = "a note, or nothing; Enter sets the bookmark"
        if note is not None:
            hint = f"{_REMOVE} removes the bookmark"
        label = f"bookmark row {row_id:,}"
        self.prompt.ask(Question(label, done, value=note or "", hint=hint))

    def action_marks(self) -> None:
        """List the bookmarks."""
        model = self.model
        marks = list(model.marks)
        if not marks:
            self.tell("There are no bookmarks: m sets one on the selected row.")
            return
        width = max(len(f"{mark.row:,}") for mark in marks)
        entries = [
            Entry(
                str(mark.row),
                f"{mark.row:>{width},}  {clock_text(mark.time_ns or mark.recv_ns, model.zone, 3)}"
                f"  {note_text(mark.note) or '-'}",
            )
            for mark in marks
        ]
        heading = "Bookmarks: Enter goes there, Del removes, Esc closes"
        if not model.marks.is_kept:
            heading += "   (kept in a file when you keep the trace: k)"
        self.push_screen(PickScreen(heading, entries, self._go_to_mark, removed=self._remove_mark))

    def _go_to_mark(self, key: str) -> None:
        row_id, view = int(key), self.model.view
        if row_id < self.model.trace.first_row:
            self.tell(f"Row {row_id:,} is gone: the trace keeps only the newest rows.", "warning")
            return
        self.action_tab("stream")
        self.stream.jump(row_id)
        place = view.position_of(row_id)
        if place >= view.count or view[place] != row_id:
            self.tell(f"Row {row_id:,} is hidden by the filters; this is the next one.", "warning")

    def _remove_mark(self, key: str) -> None:
        try:
            self.model.marks.remove(int(key))
        except MarksError as error:
            self.tell(f"Bookmark: {error}", "error")
        self.stream.redraw()


def note_text(note: str) -> str:
    """A note as the screen shows it."""
    return escape(note, MAX_NOTE)
