"""Commands that copy a row, a value, a command line or the filter, or write all rows to a file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from gvtui.decode.escape import escape
from gvtui.export.formats import BY_SUFFIX
from gvtui.query.filter.write import conjunction
from gvtui.trace.reader import Trace
from gvtui.tui.command.command import command
from gvtui.tui.copy.clipboard import TERMINAL, CopyError, Way, cut, find_way, run_program
from gvtui.tui.copy.safe import plain_line
from gvtui.tui.copy.texts import (
    Piece,
    command_line,
    command_line_of,
    filter_in_force,
    printed,
    shown_line,
)
from gvtui.tui.kit.asking import Choice, Entry, Question, no_new_file
from gvtui.tui.viewer import Feature, Item
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.tui.kit.asking import Mistake
    from gvtui.tui.viewer import Viewer

What = Literal[
    "line", "text", "json", "strace", "other-text", "other-json", "value", "command", "filter"
]

_MAX_SHOWN = 200
_PREVIEW = 37
_TITLE_WIDTH = 31


class Copying(Feature):
    """The commands that copy to a clipboard, or write rows to a file."""

    prefix, heading = "copy", "Copying"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._writing = ""
        """The progress of writing rows to a file; "" while none is written."""

    @command("Copy this row, or this line of a list, as text", "y", "line")
    @command("Copy this row as gVisor's server prints it", "", "text")
    @command("Copy this row as JSON", "", "json")
    @command("Copy this row's call as a line of strace", "", "strace")
    @command("Copy the call's other side as text", "", "other-text")
    @command("Copy the call's other side as JSON", "", "other-json")
    @command("Copy the value at the cursor of the details", "", "value")
    @command("Copy the command line of this process", "", "command")
    @command("Copy the filters in force", "", "filter")
    def as_(self, what: What) -> None:
        """Copy one thing."""
        self._copy(self._piece(what))

    @command("Choose what to copy, or write all rows to a file", "Y")
    def pick(self) -> None:
        """List everything that can be copied now."""
        pieces = {key: make() for key, make in self._makers().items()}
        entries = [_entry(key, _TITLES[key], piece) for key, piece in pieces.items()]
        count = self.model.view.count
        rows = counted(count, "row") if count else "no row is shown"
        entries.append(
            Entry("rows", f"{'All rows shown, to a file':<{_TITLE_WIDTH}} {rows}", bool(count))
        )

        def picked(key: str) -> None:
            if key == "rows":
                self.rows()
            else:
                self._copy(pieces[cast("What", key)])

        heading = "Copy: Enter picks, Esc closes"
        self.viewer.choose(Choice(heading, entries, picked, line="copy.pick"))

    def _makers(self) -> dict[What, Callable[[], Piece]]:
        """Functions that make each piece to copy, in the order of the list."""
        model = self.model
        row_id = model.cursor
        picked = self.viewer.picked_process
        if row_id is None or not model.trace.first_row <= row_id < model.trace.end_row:
            makers: dict[What, Callable[[], Piece]] = {}
            if picked is not None:
                makers["command"] = lambda: command_line_of(model, *picked)
            return {**makers, "filter": lambda: filter_in_force(model)}
        makers = {
            "line": lambda: self._line(row_id),
            "text": lambda: printed(model, row_id, "text"),
            "json": lambda: printed(model, row_id, "json"),
            "strace": lambda: printed(model, row_id, "strace"),
        }
        other = model.analysis.sides.other(row_id) if model.whole_calls else None
        if other is not None:
            makers["other-text"] = lambda: printed(model, other, "text")
            makers["other-json"] = lambda: printed(model, other, "json")
        makers["value"] = self._value
        if picked is not None:
            makers["command"] = lambda: command_line_of(model, *picked)
        else:
            makers["command"] = lambda: command_line(model, row_id)
        makers["filter"] = lambda: filter_in_force(model)
        return makers

    def _line(self, row_id: int) -> Piece:
        """The line at the cursor of the list that has the focus, else the row of the stream."""
        line = self.viewer.focused_line
        if line:
            return Piece("this line", plain_line(line), may_be_cut=True)
        return shown_line(self.model, row_id)

    def _piece(self, what: What) -> Piece:
        make = self._makers().get(what)
        if make is not None:
            return make()
        if what.startswith("other") and "line" in self._makers():
            return Piece("the call's other side", problem="no call is shown as one row here")
        return Piece("this row", problem="no row is selected")

    def _value(self) -> Piece:
        field = self.viewer.picked_field
        if field is None:
            return Piece("the value", problem="the cursor is not in the details")
        return Piece(
            f"the value of {escape(field.path, _MAX_SHOWN)}",
            plain_line(field.raw or field.decoded),
            may_be_cut=True,
        )

    def _copy(self, piece: Piece) -> None:
        if piece.problem:
            self.viewer.tell(f"Nothing to copy: {piece.problem}.", "warning")
            return

        def failed(error: Exception) -> None:
            self.viewer.tell(f"Not copied: {error}.", "error")

        configured = self.viewer.config.copy_command

        def work() -> tuple[Way, str]:
            way = find_way(configured, os.environ)
            text = _fitting(piece, way)
            if way.command:
                run_program(way.command, text.encode())
            return way, text

        def then(found: tuple[Way, str]) -> None:
            way, text = found
            if way == TERMINAL:
                self.viewer.send_to_clipboard(text)
            self._tell(piece, way, text)

        self.viewer.in_thread(work, then, failed)

    def _tell(self, piece: Piece, way: Way, text: str) -> None:
        size, whole = len(text), len(piece.text)
        count = counted(size, "character")
        if size < whole:
            count = f"the first {size:,} of {whole:,} characters, as much as it takes"
        words = f"Copied {piece.what} {way.words}: {count}."
        term = os.environ.get("TERM", "")
        if way == TERMINAL and term.startswith("tmux") and not os.environ.get("TMUX"):
            # As under sudo, which does not pass TMUX on.
            words += " In tmux this needs: tmux set -s set-clipboard on"
        self.viewer.tell(words)

    @command("Write all rows shown to a file", "")
    def rows(self, *path: str) -> None:
        """Write the rows that pass the filters to a file, in the format of its suffix."""
        if not self.model.view.count:
            self.viewer.tell("No rows to write: the stream shows none.", "warning")
        elif self._writing:
            self.viewer.tell("A file is being written already; wait for its end.", "warning")
        elif path:
            problem = self._write(" ".join(path))
            if problem is not None:
                self.viewer.tell(f"Not written: {problem.message}.", "error")
        else:
            name = time.strftime("gvtui-%Y%m%d-%H%M%S.txt")
            hint = " ".join(BY_SUFFIX)
            self.viewer.ask(Question("write the rows shown to", self._write, value=name, hint=hint))

    def _write(self, text: str) -> Mistake | None:
        if not text.strip():
            return None
        path = Path(text.strip()).expanduser()
        if (mistake := no_new_file(path, BY_SUFFIX)) is not None:
            return mistake
        expression = conjunction(self.model.chips.active())
        source, end = self.model.trace.path, self.model.trace.end_row
        chosen = BY_SUFFIX[path.suffix.lower()]
        # Who opens a recording is shown each call once, and may ask for the other rows there.
        leaves_out_doubles = chosen.has_lines and self.model.doubles.are_sought
        orders = self.model.analysis.pairs.execs.outcomes.order_marks()
        self._writing = "writing"

        def progress(done: int, total: int) -> None:
            self._writing = f"writing {done / max(total, 1):.0%}"

        def work() -> int:
            from gvtui.export.convert import convert
            from gvtui.export.selection import Selection

            # The thread has its own reader, since the screen uses the other one.
            trace = Trace.open(source, limit=end)
            try:
                selection = Selection(trace, expression)
                selection.redactor = chosen.redactor()
                selection.leaves_out_doubles = leaves_out_doubles
                # The rows that told the order may have been removed.
                selection.pairs.execs.outcomes.adopt(orders)
                return convert(selection, path, progress=progress)
            finally:
                trace.close()

        def then(written: int) -> None:
            self._writing = ""
            noun = "line" if chosen.has_lines else "message"
            self.viewer.tell(f"Wrote {counted(written, noun)} to {escape(str(path))}")

        def failed(error: Exception) -> None:
            self._writing = ""
            self.viewer.tell(f"Not written: {error}.", "error")

        self.viewer.in_thread(work, then, failed)
        return None

    def status(self) -> Iterable[Item]:
        """The progress of writing rows to a file."""
        if self._writing:
            yield Item(self._writing, self._writing, "record")


_TITLES: dict[What, str] = {
    "line": "The line at the cursor",
    "text": "As gVisor's server prints it",
    "json": "JSON",
    "strace": "As strace writes the call",
    "other-text": "The other side, as the server",
    "other-json": "The other side as JSON",
    "value": "The value at the cursor",
    "command": "The process's command line",
    "filter": "The filters in force",
}


def _entry(key: str, title: str, piece: Piece) -> Entry:
    shown = escape(piece.problem or piece.text, _PREVIEW)
    return Entry(key, f"{title:<{_TITLE_WIDTH}} {shown}", not piece.problem)


def _fitting(piece: Piece, way: Way) -> str:
    text = cut(piece.text, way.bytes)
    if len(text) < len(piece.text) and not piece.may_be_cut:
        raise CopyError(
            f"{piece.what} has {len(piece.text):,} characters, and what goes {way.words} may have "
            f"{way.bytes:,} bytes"
        )
    return text
