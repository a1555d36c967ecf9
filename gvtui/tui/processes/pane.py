"""The processes: who started whom, what they ran, how they ended, and how busy they are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.errno_names import errno_name
from gvtui.decode.ids import short_id
from gvtui.decode.outcome import NOT_SENT, Outcome
from gvtui.decode.signals import wait_status
from gvtui.query.filter.fields import CONTAINER, PID, THREAD
from gvtui.query.filter.write import conjunction, equals
from gvtui.query.processes.process import Source
from gvtui.query.processes.rows import processes_filter
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import fit, short_count, width_of, wrap
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.signs import ENDED_SIGN, FAILED_SIGN, PROCFS_SIGN, RUNS_SIGN
from gvtui.tui.kit.times import clock_text
from gvtui.tui.model.rowtext import word
from gvtui.tui.processes.commands import Earlier
from gvtui.tui.processes.lines import Fold, Key, TreeLine, tree_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.process import Exec, Process, ProcessId
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

SOURCE_SIGNS = {Source.EVENT: " ", Source.PROCFS: PROCFS_SIGN, Source.CONTEXT: "~"}
"""How a process is known."""

_BUILD_SECONDS = 0.004
_PAUSE_SECONDS = 0.02
_CALM_SECONDS = 0.25
_LOOK_AFTER = 64
"""Lines made between two looks at the clock."""
_LEAST_COMMAND = 24
_ROOMY = 110


class _Column(NamedTuple):
    key: str
    title: str
    width: int
    gives_way: int


_COLUMNS = (
    _Column("started", "started", 12, 2),
    _Column("ended", "ended", 12, 1),
    _Column("status", "exit", 16, 0),
    _Column("calls", "calls", 8, 0),
    _Column("errors", "errors", 7, 4),
    _Column("rate", "rows/s", 6, 3),
)


class _Counts(NamedTuple):
    running: int = 0
    ended: int = 0
    deduced: int = 0
    earlier: int = 0


class ProcessesPane(ListPane):
    """The process tree."""

    PREFIX = "processes"
    LOOKS = (
        "heading", "faint", "guide", "pid", "name", "command", "tag", "number", "error", "failed",
        "good", "ended", "container", "progress", "mark", "cursor",
    )  # fmt: skip
    prefix, heading = "processes", "In the processes"
    home, tab, where = "processes", "processes", ""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="processes")
        self._viewer, self._model = viewer, viewer.model
        self._earlier = viewer.feature(Earlier)
        self._tree: ProcessTree | None = None
        self._folds: dict[int, Fold] = {}
        self._folded = 0
        self._lines: list[TreeLine] = []
        self._counts = _Counts()
        self._selected: Key | None = None
        self._built: tuple[int, int] | None = None
        """The version of the tree, and of what is folded, that the lines show."""
        self._building: tuple[tuple[int, int], Iterator[TreeLine], list[TreeLine]] | None = None
        self._drawn_at = 0.0

    def news(self) -> None:
        """Take in what is new of the processes, for some milliseconds."""
        analysis = self._model.analysis
        analysis.wants_processes = True
        tree = analysis.processes.tree
        if tree is not self._tree:
            self._tree, self._folds, self._lines = tree, {}, []
            self._built = self._building = self._selected = None
        is_calm = time.monotonic() - self._drawn_at >= _CALM_SECONDS
        if self._building is None and self._built != self._version and (is_calm or not self._built):
            self._building = (self._version, tree_lines(tree, self._folds), [])
        if self._build() or is_calm:
            self._drawn_at = time.monotonic()
            self.redraw()
        if self._building is not None:
            self.set_timer(_PAUSE_SECONDS, self._go_on)

    def _go_on(self) -> None:
        if self.display and self._building is not None:
            self.news()

    @property
    def _version(self) -> tuple[int, int]:
        return (self._tree.version if self._tree is not None else 0, self._folded)

    def _build(self) -> bool:
        """Go on with the lines; True if there are new ones."""
        if self._building is None:
            return False
        version, source, lines = self._building
        deadline = time.perf_counter() + _BUILD_SECONDS
        for line in source:
            lines.append(line)
            if len(lines) % _LOOK_AFTER == 0 and time.perf_counter() > deadline:
                return False
        self._building, self._built, self._lines = None, version, lines
        self._count_kinds()
        self._find_cursor()
        return True

    def _count_kinds(self) -> None:
        processes = list(self._tree or ())
        ended = sum(process.has_ended for process in processes)
        deduced = sum(process.source is Source.CONTEXT for process in processes)
        earlier = sum(process.source is Source.PROCFS for process in processes)
        self._counts = _Counts(len(processes) - ended, ended, deduced, earlier)

    def _find_cursor(self) -> None:
        """Keep the cursor on what it was on."""
        if self._selected is None:
            return
        if (
            not 0 <= self.cursor < len(self._lines)
            or self._lines[self.cursor].key != self._selected
        ):
            offset = self.cursor - self._top
            for place, line in enumerate(self._lines):
                if line.key == self._selected:
                    self.cursor = place
                    self._top = max(0, place - offset)
                    break

    def moved(self) -> None:
        """Note what the cursor is on."""
        if self.cursor < len(self._lines):
            self._selected = self._lines[self.cursor].key

    def count(self) -> int:
        """How many lines are unfolded."""
        return len(self._lines)

    def headings(self) -> list[list[Part]]:
        """How many processes there are, and the titles of the columns."""
        counts = self._counts
        title: list[Part] = [
            (f"{counts.running:,} running", "good" if counts.running else "heading"),
            (f"   {ENDED_SIGN} {counts.ended:,} ended", "heading"),
        ]
        if counts.deduced:
            sign = SOURCE_SIGNS[Source.CONTEXT]
            title.append((f"   {sign} {counts.deduced:,} deduced from their messages", "heading"))
        if counts.earlier:
            sign = SOURCE_SIGNS[Source.PROCFS]
            title.append((f"   {sign} {counts.earlier:,} known from procfs", "heading"))
        tree = self._tree
        if tree is not None and tree.forgotten:
            title.append((f"   {tree.forgotten:,} that ended are forgotten", "progress"))
        processes = self._model.analysis.processes
        if processes.rows_without_pid:
            title.append(("   some calls have no pid: collect group_id", "progress"))
        trace = self._model.trace
        total = trace.end_row - trace.first_row
        if total and trace.end_row - processes.position > total // 100:
            share = max(0, processes.position - trace.first_row) / total
            title.append((f"   reading {share:.0%}", "progress"))
        name, columns, command = self._layout()
        words = fit("process", name) + " " + fit("command", command)
        words += "".join(f" {self._cell(column.title, column)}" for column in columns)
        note = self._earlier.note
        notes: list[list[Part]] = (
            [[(line, "progress")] for line in wrap(note, self.width)] if note else []
        )
        return [title, *notes, [(words, "heading")]]

    def _layout(self) -> tuple[int, list[_Column], int]:
        """Cells of the name, the columns shown, cells of the command."""
        width = self.width
        name = 34 if width >= _ROOMY else 24
        is_live = self._model.is_live
        columns = [column for column in _COLUMNS if is_live or column.key != "rate"]

        def left() -> int:
            return width - name - 1 - sum(column.width + 1 for column in columns)

        for turn in sorted(column.gives_way for column in _COLUMNS if column.gives_way):
            if left() >= _LEAST_COMMAND:
                break
            columns = [column for column in columns if column.gives_way != turn]
        return name, columns, max(1, left())

    @staticmethod
    def _cell(text: str, column: _Column) -> str:
        return fit(text, column.width, right=column.key in ("calls", "errors", "rate"))

    def line(self, place: int) -> tuple[list[Part], str]:
        """A process, or what it is made of."""
        line = self._lines[place]
        if line.process is None:
            container = short_id(word(line.container)) or "container not known"
            return [(f"◉ {container}", "container")], ""
        name, columns, command = self._layout()
        if line.executed is not None:
            executed = line.executed
            sign, told = _told(executed)
            when = (
                f"  {clock_text(executed.time_ns, self._model.zone, 3)}" if executed.time_ns else ""
            )
            ran = executed.outcome is Outcome.DONE and bool(executed.args)
            called = executed.args if ran else [executed.path, *executed.args[1:]]
            words = word(" ".join(called))
            return [
                (line.guide, "guide"),
                (f"  {sign} {words}", "command"),
                (told, "failed" if executed.outcome is Outcome.FAILED else "faint"),
                (when, "faint"),
            ], ""
        if line.thread is not None:
            thread = line.thread
            state = ENDED_SIGN if thread.has_ended else RUNS_SIGN
            look = "ended" if thread.has_ended else "faint"
            return [(line.guide, "guide"), (f"  {state} thread {thread.tid}", look)], ""
        return self._process(line, line.process, name, columns, command), ""

    def _process(
        self, line: TreeLine, process: Process, name: int, columns: list[_Column], command: int
    ) -> list[Part]:
        ended = process.has_ended

        def look(usual: str) -> str:
            return "ended" if ended else usual

        more = "▸" if line.fold is Fold.CLOSED else "▾" if line.fold is Fold.ALL else " "
        if line.fold is Fold.CLOSED and not process.children:
            more = " "
        state = ENDED_SIGN if ended else RUNS_SIGN
        lead = f"{line.guide}{more}"
        pid = f"{SOURCE_SIGNS[process.source]}{process.pid or '?'} "
        room = name - width_of(lead) - 2 - width_of(pid)
        parts: list[Part] = [
            (lead, "guide"),
            (f"{state}", look("good")),
            (pid, look("pid")),
            (fit(word(process.name) or "?", max(1, room + 1)), look("name")),
            (" ", ""),
        ]
        tags = self._tags(line, process)
        tag = fit(tags + " ", min(width_of(tags) + 1, command)) if tags else ""
        parts.append((tag, look("tag")))
        parts.append((fit(word(process.command_line), command - width_of(tag)), look("command")))
        for column in columns:
            text, style = self._value(process, column.key)
            parts.append(
                (" " + self._cell(text, column), style if style == "failed" else look(style))
            )
        return parts

    def _tags(self, line: TreeLine, process: Process) -> str:
        tags = []
        if process.is_exec_session and (
            process.parent is None or not process.parent.is_exec_session
        ):
            tags.append("exec session")
        if process.pipe_from is not None:
            tags.append(f"│{self._pipe(process, process.pipe_from)} ▷")
        if process.pipe_to is not None:
            tags.append(f"▷ {self._pipe(process, process.pipe_to)}│")
        if line.fold is not Fold.ALL:
            if len(process.programs) > 1:
                tags.append(f"{len(process.programs)} execs")
            threads = len(process.threads) + process.threads_forgotten
            if threads > 1:
                tags.append(f"{threads} threads")
        return f"[{', '.join(tags)}]" if tags else ""

    def _pipe(self, process: Process, other: ProcessId) -> str:
        known = self._tree.find(other) if self._tree is not None else None
        name = word(known.name) if known is not None else ""
        return f"{other.pid} {name}".rstrip()

    def _value(self, process: Process, key: str) -> tuple[str, str]:
        model = self._model
        if key in ("started", "ended"):
            when = process.start_ns if key == "started" else process.end_ns
            return (clock_text(when, model.zone, 3) if when > 0 else ""), "faint"
        if key == "status":
            if process.exit_status is None:
                return ("ended" if process.has_ended else ""), "faint"
            words = wait_status(process.exit_status).removesuffix(" (core dumped)")
            words = words.replace("killed by ", "")
            return (f"{FAILED_SIGN} {words}", "failed") if process.exit_status else (words, "faint")
        if key == "calls":
            bound = "≥" if model.trace.connections.dropped else ""
            return f"{bound}{short_count(process.calls)}", "number"
        if key == "errors":
            return (short_count(process.errors) if process.errors else ""), "error"
        rate = process.rate(model.now_ns) if model.is_live else 0
        return (short_count(rate) if rate else ""), "number"

    def clicked(self, x: int, again: bool) -> None:
        """A line that was selected already is opened."""
        if again:
            self.only()

    @command("Only this process's rows", "enter", footer="this one")
    def only(self) -> None:
        """Show the rows of what the cursor is on."""
        line, tree = self._at_cursor()
        if line is None or tree is None:
            return
        if line.process is None:
            if line.container:
                expression = equals(CONTAINER, line.container)
                self._viewer.show_rows(expression, CONTAINER)
            return
        expression = processes_filter(tree, [line.process])
        if line.thread is not None:
            expression = conjunction([expression, equals(THREAD, line.thread.tid)])
        row = line.executed.row if line.executed is not None else None
        self._drill(expression, row)

    @command("Ask the sandboxes again what runs in them", "L", footer="ask again")
    def ask(self) -> None:
        """Have the sandboxes asked what runs in them."""
        self._earlier.ask_all()

    @command("Only its rows and those of all that it started", "s", footer="its subtree")
    def subtree(self) -> None:
        """Show the rows of the process at the cursor and all that it started."""
        line, tree = self._at_cursor()
        if line is not None and tree is not None and line.process is not None:
            self._drill(processes_filter(tree, line.process.subtree()), None)

    def _drill(self, expression: str, row: int | None) -> None:
        if expression:
            self._viewer.show_rows(expression, PID, row)

    def _at_cursor(self) -> tuple[TreeLine | None, ProcessTree | None]:
        line = self._lines[self.cursor] if self.cursor < len(self._lines) else None
        return line, self._tree

    @command("Show children; programs and threads", "right,l", 1)
    @command("Show less; then go to the parent", "left,h", -1)
    def fold(self, step: int) -> None:
        """Show less or more of the process at the cursor; from what is in it, go to it."""
        line, _ = self._at_cursor()
        if line is None or line.process is None:
            return
        process = line.process
        if step < 0 and (line.executed is not None or line.thread is not None):
            self._select_process(process)
            return
        fold = self._folds.get(process.number, Fold.CHILDREN)
        lowest = Fold.CLOSED if process.children else Fold.CHILDREN
        wanted = Fold(max(lowest, min(fold + step, Fold.ALL)))
        if wanted == fold:
            if step < 0 and process.parent is not None:
                self._select_process(process.parent)
            return
        self._folds[process.number] = wanted
        self._folded += 1
        self._selected = line.key
        self._building = (self._version, tree_lines(self._tree, self._folds), [])  # type: ignore[arg-type]
        if self._build():
            self.redraw()

    def _select_process(self, process: Process) -> None:
        key = ("process", process.number)
        for place, line in enumerate(self._lines):
            if line.key == key:
                self.select(place)
                break


def _told(executed: Exec) -> tuple[str, str]:
    """The sign of a program, and what there is to say of it besides."""
    if executed.outcome is Outcome.FAILED:
        why = errno_name(executed.errno) if executed.errno else NOT_SENT
        return FAILED_SIGN, f"  failed: {why}"
    return ("»", "") if executed.outcome is Outcome.DONE else ("»…", "  asked")
