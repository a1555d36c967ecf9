"""The processes pane: the process tree, with programs, exits, and messages per second."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from gvtui.query.filter.field import CONTAINER, EXEC_SESSION, PID, THREAD
from gvtui.query.filter.write import conjunction, equals
from gvtui.query.processes.rows import processes_filter, sessions_filter
from gvtui.query.processes.runs import run_key
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import wrap
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.model.chips import Chip
from gvtui.tui.model.rowtext import word
from gvtui.tui.model.who import flip_sessions
from gvtui.tui.processes.choice import TreeChoice, TreeOrder
from gvtui.tui.processes.commands import Earlier
from gvtui.tui.processes.heading import TreeCounts, title_of
from gvtui.tui.processes.lines import Fold, Key, TreeLine, open_runs_of, runs_key, tree_lines
from gvtui.tui.processes.painter import TreePainter, column_titles
from gvtui.tui.processes.passing import Passing
from gvtui.tui.processes.places import TreePlaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.trace.reader import Trace
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

_BUILD_SECONDS = 0.004
_PAUSE_SECONDS = 0.02
_CALM_SECONDS = 0.25
_LOOK_AFTER = 64
"""How many lines are made between two checks of the clock."""


_Version: TypeAlias = tuple[int, int, int, TreeChoice]


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
        self._places = viewer.feature(TreePlaces)
        self._painter = TreePainter(self._model)
        self._tree: ProcessTree | None = None
        self._trace: Trace | None = None
        """What the tree is of."""
        self._folds: dict[int, Fold] = {}
        self._folded = 0
        self._lines: list[TreeLine] = []
        self._counts = TreeCounts()
        self._selected: Key | None = None
        self._choice = TreeChoice()
        self._by_filter = False
        self._passing = Passing(self._model)
        self._built: _Version | None = None
        """The version of all that the lines were made from."""
        self._building: tuple[_Version, Iterator[TreeLine], list[TreeLine]] | None = None
        self._drawn_at = 0.0

    def news(self) -> None:
        """Update the lines for changes of the tree, for some milliseconds."""
        analysis = self._model.analysis
        analysis.wants_processes = True
        tree = analysis.processes.tree
        if tree is not self._tree:
            self._take_tree(tree)
        is_calm = time.monotonic() - self._drawn_at >= _CALM_SECONDS
        if is_calm:
            self._take_filter()
            self._take_resolved()
            resolved = self._choice.resolved
            grown = resolved.growing() if resolved is not None else 0
            self._counts = self._counts._replace(grown=grown)
        self._go_to_wanted()
        if self._building is None and self._built != self._version and (is_calm or not self._built):
            self._begin()
        if self._build() or is_calm:
            self._drawn_at = time.monotonic()
            self.redraw()
        if self._building is not None:
            self.set_timer(_PAUSE_SECONDS, self._go_on)

    def _take_tree(self, tree: ProcessTree) -> None:
        """Show another tree; if it is of the same trace, at the same process and as unfolded."""
        former, trace = self._tree, self._model.trace
        if former is not None and trace is self._trace:
            self._folds = {n: fold for n, fold in self._folds.items() if _is_in(tree, former, n)}
            chosen = self._selected
            if chosen is not None and chosen[0] == "process" and isinstance(chosen[1], int):
                self._selected = chosen if _is_in(tree, former, chosen[1]) else None
        else:
            self._folds, self._lines, self._selected = {}, [], None
        self._tree, self._trace = tree, trace
        self._painter.tree = tree
        self._built = self._building = None

    def _go_on(self) -> None:
        if self.display and self._building is not None:
            self.news()

    def _begin(self) -> None:
        """Begin to make the lines anew."""
        if self._tree is not None:
            self._painter.choice = self._choice
            lines = tree_lines(self._tree, self._folds, self._choice)
            self._building = (self._version, lines, [])

    @property
    def _version(self) -> _Version:
        # An order by numbers is another one with each row.
        analysis, order = self._model.analysis, self._choice.order
        # What is open stands in lines of its own.
        shows_open = self._choice.resolved is not None and Fold.ALL in self._folds.values()
        is_counted = shows_open or order not in (TreeOrder.TREE, TreeOrder.AGE)
        counted = analysis.processes.position if is_counted else 0
        tree = self._tree.version if self._tree is not None else 0
        return (tree, self._folded, counted, self._choice)

    def _take_resolved(self) -> None:
        """Have what processes have open at hand, where that is known or asked for."""
        is_asked = self._choice.order is TreeOrder.DESCRIPTORS
        model = self._model
        resolved = model.analysis.resolved if is_asked else model.resolved_at_hand()
        if resolved is not self._choice.resolved:
            self._choice = replace(self._choice, resolved=resolved)
            self._begin()

    def _take_filter(self) -> None:
        """Count what passes the filters in force, if only that is to be shown."""
        passing = self._passing.now() if self._by_filter else None
        if passing is None:
            self._passing.end()
        if passing != self._choice.passing:
            self._choice = replace(self._choice, passing=passing)

    def on_hide(self) -> None:
        """Stop counting while the pane is hidden."""
        self._passing.end()
        self._choice = replace(self._choice, passing=None)

    def _build(self) -> bool:
        """Make further lines; True if a new set of lines is complete."""
        if self._building is None:
            return False
        version, source, lines = self._building
        deadline = time.perf_counter() + _BUILD_SECONDS
        for line in source:
            lines.append(line)
            if len(lines) % _LOOK_AFTER == 0 and time.perf_counter() > deadline:
                return False
        self._building, self._built, self._lines = None, version, lines
        self._counts = TreeCounts.of(self._tree or (), self._choice)
        self._find_cursor()
        return True

    def _find_cursor(self) -> None:
        """Put the cursor back on its subject after the lines have changed."""
        if self._selected is not None:
            self.keep_cursor((line.key for line in self._lines), self._selected)

    def moved(self) -> None:
        """Note the subject of the selected line."""
        if self.cursor < len(self._lines):
            self._selected = self._lines[self.cursor].key

    def count(self) -> int:
        """How many lines are visible in the unfolded tree."""
        return len(self._lines)

    def headings(self) -> list[list[Part]]:
        """The numbers of processes, and the titles of the columns."""
        tree, chosen = self._model.analysis.processes.tree, self._chosen_words()
        title = title_of(self._counts, tree, chosen, self._choice, self._model)
        titles = column_titles(self._painter.layout(self.width))
        note = self._earlier.note
        notes: list[list[Part]] = (
            [[(line, "progress")] for line in wrap(note, self.width)] if note else []
        )
        return [title, *notes, [(titles, "heading")]]

    def _chosen_words(self) -> str:
        """What is shown of all, and in which order."""
        words = []
        if self._choice.only_running:
            words.append("only running")
        if self._by_filter:
            has_filter = self._model.condition is not None
            words.append("only with calls that pass the filters" if has_filter else "no filter")
        if self._choice.order is not TreeOrder.TREE:
            words.append(self._choice.order.value)
        return ", ".join(words)

    def line(self, place: int) -> tuple[list[Part], str]:
        """The words of a sandbox, a process, a program or a thread."""
        return self._painter.line(self._lines[place], self.width), ""

    def full(self, place: int) -> str:
        """All words of a line, with those of columns for which there is no room."""
        return self._painter.full(self._lines[place])

    def clicked(self, x: int, again: bool) -> None:
        """Open the clicked line if it was already selected."""
        if again:
            self.only()

    @command("Only this process's rows", "enter", footer="this one")
    def only(self) -> None:
        """Show the rows of the process at the cursor."""
        line, tree = self._at_cursor()
        if line is None or tree is None:
            return
        if line.runs:
            self._only_runs(line.runs)
            return
        if line.process is None:
            if line.container:
                expression = equals(CONTAINER, line.container)
                self._viewer.show_rows(Chip(expression, CONTAINER))
            return
        if line.opened is not None:
            many = len(line.opened.fds)
            label = word(line.opened.name) + (f" × {many:,}" if many > 1 else "")
            self._viewer.show_rows(Chip(line.opened.filter_text, "fd.id", label=label))
            return
        expression = processes_filter(tree, [line.process])
        if line.thread is not None:
            expression = conjunction([expression, equals(THREAD, line.thread.tid)])
        row = line.executed.row if line.executed is not None else None
        self._drill(expression, row)

    @command("Only those that run; again: all", "O", footer="running")
    def running(self) -> None:
        """Show only processes that have not ended, below their parents."""
        self._choose(replace(self._choice, only_running=not self._choice.only_running))

    @command("Only those with calls that pass the filters; again: all", "W", footer="filtered")
    def filtered(self) -> None:
        """Show only processes of which calls pass the filters in force, and count only those."""
        self._by_filter = not self._by_filter
        if self._by_filter and self._model.condition is None:
            key = self._viewer.commands.keys_of("filter.add")
            self._viewer.tell(f"No filter is in force, so all are shown: {key} sets one.")
        self._choose(self._choice)

    @command("Sort by calls, errors, open descriptors, age; last: as a tree", "S", footer="sort")
    def sort(self) -> None:
        """Sort the processes by what comes next."""
        orders = list(TreeOrder)
        place = orders.index(self._choice.order)
        self._choose(replace(self._choice, order=orders[(place + 1) % len(orders)]))

    def _choose(self, choice: TreeChoice) -> None:
        self._choice = choice
        self._take_filter()
        self._take_resolved()
        self._begin()
        if self._build():
            self.seek_anew()
            self.redraw()

    @command("Ask the sandboxes again what runs in them", "L", footer="ask again")
    def ask(self) -> None:
        """Ask all connected sandboxes for their processes."""
        self._earlier.ask_all()

    @command("Only its rows and those of all that it started", "s", footer="its subtree")
    def subtree(self) -> None:
        """Show the rows of the process at the cursor and of all its descendants."""
        line, tree = self._at_cursor()
        if line is not None and line.runs:
            self._only_runs(line.runs)
        elif line is not None and tree is not None and line.process is not None:
            self._drill(processes_filter(tree, line.process.subtree()), None)

    def _only_runs(self, runs: Sequence[Process]) -> None:
        """Show the rows of exec sessions with all that they started."""
        words = f"{len(runs):,} runs of {word(run_key(runs[0]).words)}"
        self._viewer.show_rows(Chip(sessions_filter(runs), EXEC_SESSION, label=words))

    @command("Without its exec session, or without these runs; again: with them", "minus")
    def session(self) -> None:
        """Hide the rows of the exec session of the process at the cursor, or show them again."""
        line, tree = self._at_cursor()
        if line is None or tree is None:
            return
        top = tree.session_of(line.process) if line.process is not None else None
        tops = list(line.runs) or ([top] if top is not None else [])
        if not tops:
            self._viewer.tell("This is of no exec session, as far as is known.")
            return
        flip_sessions(self._model, tops)
        self._viewer.refilter()

    def _drill(self, expression: str, row: int | None) -> None:
        if expression:
            self._viewer.show_rows(Chip(expression, PID), row)

    def _at_cursor(self) -> tuple[TreeLine | None, ProcessTree | None]:
        line = self._lines[self.cursor] if self.cursor < len(self._lines) else None
        return line, self._tree

    @property
    def picked(self) -> tuple[Process, int | None] | None:
        """The process at the cursor and a row: the row of one of its programs, or None for the
        present; None in all if the cursor is on a container."""
        line, _ = self._at_cursor()
        if line is None or line.process is None:
            return None
        return line.process, line.executed.row if line.executed is not None else None

    @command("Unfold: children; again: programs, threads, what is open", "right,l", 1)
    @command("Fold; if it is folded, go to the parent", "left,h", -1)
    def fold(self, step: int) -> None:
        """Fold or unfold the process at the cursor; from a program or thread, go to its process."""
        line, _ = self._at_cursor()
        if line is not None and line.runs:
            self._fold_to(line, runs_key(line.runs), Fold.CHILDREN if step > 0 else Fold.CLOSED)
        if line is None or line.process is None:
            return
        process = line.process
        if step < 0 and line.is_part:
            self._select_process(process)
            return
        fold = self._folds.get(process.number, Fold.CHILDREN)
        lowest = Fold.CLOSED if process.children else Fold.CHILDREN
        wanted = Fold(max(lowest, min(fold + step, Fold.ALL)))
        if wanted == fold:
            if step < 0 and process.parent is not None:
                self._select_process(process.parent)
            return
        self._fold_to(line, process.number, wanted)

    def _fold_to(self, line: TreeLine, key: int, wanted: Fold) -> None:
        self._folds[key] = wanted
        self._folded += 1
        self._selected = line.key
        self._begin()
        if self._build():
            self.redraw()

    def _go_to_wanted(self) -> None:
        """Select the process that another part of the screen leads to, and unfold its parents."""
        number, self._places.wanted = self._places.wanted, None
        process = self._tree.get(number) if self._tree is not None and number else None
        if process is None:
            return
        if not self._choice.picks(process):
            self._by_filter = False
            self._choice = replace(self._choice, only_running=False, passing=None)
        if self._tree is not None:
            open_runs_of(self._tree, process, self._folds)
        for parent in process.ancestors():
            if self._folds.get(parent.number) is Fold.CLOSED:
                self._folds[parent.number] = Fold.CHILDREN
        self._folded += 1
        self._selected = ("process", process.number)
        self._begin()

    def _select_process(self, process: Process) -> None:
        key = ("process", process.number)
        for place, line in enumerate(self._lines):
            if line.key == key:
                self.select(place)
                break


def _is_in(tree: ProcessTree, former: ProcessTree, number: int) -> bool:
    """Whether a process of one tree has the same number in another tree of the same trace."""
    process, known = tree.get(number), former.get(number)
    return process is not None and known is not None and process.id == known.id
