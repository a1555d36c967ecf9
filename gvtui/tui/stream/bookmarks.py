"""Commands that set a bookmark with a note on a row, list bookmarks, and go to one."""

from __future__ import annotations

from gvtui.decode.escape import escape
from gvtui.trace.bookmarks import MAX_NOTE, BookmarksError
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.viewer import Feature

_REMOVE = "-"


class Bookmarking(Feature):
    """Sets, changes and lists bookmarks."""

    prefix, heading = "bookmarks", "Moving"

    def opened(self) -> None:
        """Tell the user if the bookmarks cannot be read."""
        if self.model.bookmarks.problem:
            self.viewer.tell(f"Bookmarks: {self.model.bookmarks.problem}.", "warning")

    def tick(self) -> None:
        """Show what other viewers have bookmarked."""
        if self.model.bookmarks.look():
            self.viewer.redraw_rows()

    @command("Bookmark this row, with a note", "m")
    def set(self) -> None:
        """Ask for a note, and bookmark the selected row."""
        model = self.model
        row_id = model.cursor
        if row_id is None or row_id < model.trace.first_row:
            up, down = (self.viewer.commands.keys_of(f"stream.move {step}") for step in (-1, 1))
            self.viewer.tell(f"Select a row first: {up} and {down} do.", "warning")
            return
        if model.following:
            self.viewer.pause()
        bookmarks, note = model.bookmarks, model.bookmarks.note(row_id)

        def done(text: str) -> Mistake | None:
            if len(text) > MAX_NOTE:
                return Mistake(f"a note has at most {MAX_NOTE:,} characters", MAX_NOTE)
            try:
                if text.strip() == _REMOVE:
                    bookmarks.remove(row_id)
                else:
                    bookmarks.set(row_id, text.strip())
            except (BookmarksError, IndexError) as error:
                self.viewer.tell(f"Bookmark: {error}", "error")
            self.viewer.redraw_rows()
            return None

        hint = "a note, or nothing; Enter sets the bookmark"
        if note is not None:
            hint = f"{_REMOVE} removes the bookmark"
        label = f"bookmark row {row_id:,}"
        self.viewer.ask(Question(label, done, value=note or "", hint=hint))

    @command("The bookmarks: go to one, remove one", "apostrophe")
    def go(self) -> None:
        """List the bookmarks."""
        model, keys_of = self.model, self.viewer.commands.keys_of
        bookmarks = list(model.bookmarks)
        if not bookmarks:
            key = keys_of("bookmarks.set")
            self.viewer.tell(f"There are no bookmarks: {key} sets one on the selected row.")
            return
        width = max(len(f"{bookmark.row:,}") for bookmark in bookmarks)
        entries = [
            Entry(
                str(each.row),
                f"{each.row:>{width},}  {model.moments.text(each.time_ns or each.recv_ns) or '--:--:--':<12}"
                f"  {note_text(each.note) or '-'}",
            )
            for each in bookmarks
        ]
        heading = "Bookmarks: Enter goes there, Del removes, Esc closes"
        monitor = self.viewer.monitor
        if not model.bookmarks.is_kept and not (monitor and monitor.is_shared):
            heading += f"   (kept in a file when you keep the trace: {keys_of('live.keep')})"
        self.viewer.choose(
            Choice(heading, entries, self._go_to, removed=self._remove, line="bookmarks.go")
        )

    def _go_to(self, key: str) -> None:
        row_id = int(key)
        if row_id < self.model.trace.first_row:
            self.viewer.tell(
                f"Row {row_id:,} is gone: the trace keeps only the newest rows.", "warning"
            )
            return
        self.viewer.show_pane("stream")
        self.viewer.go_to(row_id)
        if self.model.stand_in(row_id) not in self.model.view:
            self.viewer.tell(
                f"Row {row_id:,} is hidden by the filters; this is the next one.", "warning"
            )

    def _remove(self, key: str) -> None:
        try:
            self.model.bookmarks.remove(int(key))
        except BookmarksError as error:
            self.viewer.tell(f"Bookmark: {error}", "error")
        self.viewer.redraw_rows()


def note_text(note: str) -> str:
    """A bookmark's note, escaped for the screen."""
    return escape(note, MAX_NOTE)
