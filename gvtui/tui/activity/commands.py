"""Whose activity is shown, its report, and what was not seen."""

from __future__ import annotations

import subprocess
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.decode.ids import called_anywhere
from gvtui.errors import GvtuiError
from gvtui.export.report.formats import REPORTS_BY_SUFFIX
from gvtui.files import whole_file
from gvtui.python import python
from gvtui.query.activity.knowngaps import KnownGaps
from gvtui.query.filter.field import CONTAINER
from gvtui.query.filter.write import conjunction, equals
from gvtui.query.processes.rows import process_label, processes_filter
from gvtui.trace.reader import Trace
from gvtui.tui.activity.reading import ActivityReading, ActivitySubject
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Question, Text, no_new_file
from gvtui.tui.model.rowtext import word
from gvtui.tui.viewer import Feature, Item, Viewer
from gvtui.words import counted, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.export.documents import DocumentFormat
    from gvtui.export.report.making import Report
    from gvtui.query.activity.activity import Unseen
    from gvtui.query.analysis import Analysis
    from gvtui.query.processes.process import Process
    from gvtui.trace.survey import Survey
    from gvtui.tui.kit.asking import Mistake

    _Rows = tuple[Trace, int | None]
    """A recording, and the row from which on it is held back."""

PANE = "activity"
_KEPT = 3
"""How many activities that were read are kept, so that the way back from rows is short."""
_MAX_SESSIONS = 200
_MAX_SHOWN = 200
_EVERYTHING = ActivitySubject()


class ActivityReportError(GvtuiError):
    """A report could not be written."""


class Acting(Feature):
    """Reads the activity of what is chosen, and answers questions on it."""

    prefix, heading = "activity", "In the activity"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.subject = _EVERYTHING
        """Whose activity is shown."""
        self._kept: dict[tuple[object, ...], ActivityReading] = {}
        self._analysis: Analysis | None = None
        self._known_gaps: KnownGaps | None = None
        """What is known of the drops and marks of a trace, as of whatever row it is shown."""
        self._survey: Survey | None = None
        self._surveyed: _Rows | None = None
        """The rows that the survey is of."""
        self._surveying: _Rows | None = None
        """Those that one is being made of."""
        self._seen: _Rows | None = None
        """Those that were shown when it was looked last: while a recording is played, these are
        others each time."""
        self._is_writing = False

    @property
    def reading(self) -> ActivityReading:
        """The activity of the subject in the rows that pass the filters in force."""
        model, subject = self.model, self.subject
        if self._analysis is not model.analysis:
            self._analysis, self._kept = model.analysis, {}
        condition = model.condition
        asked = (condition.identity if condition is not None else (), subject.expression)
        found = self._kept.pop(asked, None)
        if found is None:
            condition = model.narrowed(subject.expression)
            found = ActivityReading(model.analysis, condition, self._gaps_before())
        self._kept[asked] = found
        for old in list(self._kept)[:-_KEPT]:
            del self._kept[old]
        return found

    def _gaps_before(self) -> KnownGaps | None:
        """What is known of drops and marks from before; None for what goes on for ever, where nobody
        asks for it again."""
        trace = self.model.trace
        if self.model.is_live:
            return None
        if self._known_gaps is None or self._known_gaps.trace is not trace:
            self._known_gaps = KnownGaps(trace)
        return self._known_gaps

    @property
    def not_seen(self) -> tuple[Unseen, ...]:
        """What may be missing in the activity, the gravest first."""
        is_checking = False
        if not self.model.is_live:
            is_checking = not self._look_through()
        survey = None if is_checking else self._survey
        return self.reading.not_seen(survey, self.model.zone, is_checking=is_checking)

    def _look_through(self) -> bool:
        """Whether there is an account of the rows that are shown; begins to make it if not."""
        trace = self.model.trace
        held = trace.limit is not None and trace.limit < trace.available_rows
        rows = (trace, trace.limit if held else None)
        if self._surveyed == rows:
            return True
        if not held and (kept := self.model.analysis.kept_survey()) is not None:
            self._survey, self._surveyed = kept, rows
            return True
        if self._surveying is None and (not held or self._seen == rows):
            self._surveying = rows
            self.viewer.in_thread(
                partial(_survey, trace.path, rows[1]),
                partial(self._take_survey, rows),
                self._not_surveyed,
            )
        self._seen = rows
        return self._surveyed == rows

    def _take_survey(self, rows: _Rows, found: Survey) -> None:
        self._surveying = None
        self._survey, self._surveyed = found, rows

    def _not_surveyed(self, error: Exception) -> None:
        self._survey, self._surveyed, self._surveying = None, self._surveying, None
        self.viewer.tell(f"Whether the recording is whole is not known: {error}.", "warning")

    def show(self, subject: ActivitySubject) -> None:
        """Show the activity of somebody else."""
        self.subject = subject
        self.viewer.show_pane(PANE)

    @command("Whose activity: all, a sandbox, an exec session, a process", "W")
    def whose(self) -> None:
        """List whose activity can be shown, and show that of the one picked."""
        subjects = dict(enumerate(self._subjects()))
        entries = [Entry(str(number), each.words) for number, each in subjects.items()]
        self.viewer.choose(
            Choice(
                "Whose activity?",
                entries,
                lambda key: self.show(subjects[int(key)]),
                line="activity.whose",
            )
        )

    def _subjects(self) -> Iterator[ActivitySubject]:
        yield _EVERYTHING
        tree, naming = self.model.analysis.processes.tree, self.model.trace.connections.naming
        process = self._chosen()
        if process is not None:
            yield self._of_process(process)
            yield self._of_subtree(process)
        for container in tree.containers():
            words = f"the sandbox {word(called_anywhere(naming, container))}"
            yield ActivitySubject(words, equals(CONTAINER, container))
        sessions = [each for each in tree if tree.is_from_outside(each)]
        for session in sessions[-_MAX_SESSIONS:]:
            words = f"the exec session of {self._label(session)}, with all that it started"
            yield ActivitySubject(words, processes_filter(tree, session.subtree()))

    @command("What this process did: its files, programs, connections", "E")
    def process(self) -> None:
        """Show the activity of the process at the cursor of the tree, or else of the stream."""
        process = self._asked()
        if process is not None:
            self.show(self._of_process(process))

    @command("What this process did, and all that it started", "X")
    def subtree(self) -> None:
        """Show the activity of the process at the cursor and of its descendants."""
        process = self._asked()
        if process is not None:
            self.show(self._of_subtree(process))

    @command("What everything did")
    def everything(self) -> None:
        """Show the activity of all rows that pass the filters."""
        self.show(_EVERYTHING)

    def _asked(self) -> Process | None:
        process = self._chosen()
        if process is None and self.viewer.selected_message() is not None:
            self.viewer.tell("The process of this row is not known.", "warning")
        return process

    def _chosen(self) -> Process | None:
        """The process at the cursor of the tree, or of the selected row."""
        picked = self.viewer.picked_process
        if picked is not None:
            return picked[0]
        model = self.model
        if model.cursor is None or model.cursor < model.trace.first_row:
            return None
        row = model.trace.row(model.cursor)
        return model.analysis.processes.tree.spans.at(row.conn, row.pid, model.cursor)

    def _label(self, process: Process) -> str:
        tree, naming = self.model.analysis.processes.tree, self.model.trace.connections.naming
        return word(process_label(tree, process, self.model.zone, naming))

    def _of_process(self, process: Process) -> ActivitySubject:
        tree = self.model.analysis.processes.tree
        words = f"the process {self._label(process)}"
        return ActivitySubject(words, processes_filter(tree, [process]))

    def _of_subtree(self, process: Process) -> ActivitySubject:
        tree = self.model.analysis.processes.tree
        words = f"the process {self._label(process)} and all that it started"
        return ActivitySubject(words, processes_filter(tree, process.subtree()))

    @command("What was not seen of the activity", "exclamation_mark")
    def not_seen_(self) -> None:
        """Show all that may be missing, a sentence each."""
        from gvtui.query.activity.notseen import unseen_calls

        sentences = [sentence(each.text) for each in self.not_seen]
        body: list[str | tuple[str, str]] = [f"- {escape(each)}\n" for each in sentences]
        keys = self.viewer.commands.keys_of("activity.trace")
        if unseen_calls(self.not_seen) and self.model.is_live:
            body.append(f"\n{keys} stages the points that are off.\n")
        self.viewer.read(Text("Not seen", body, line="activity.not-seen"))

    @command("Stage what the activity lacks: calls whose points are off", "plus")
    def trace(self) -> None:
        """Go to Points, with all calls staged of which the activity would tell."""
        from gvtui.query.activity.notseen import unseen_calls

        calls = unseen_calls(self.not_seen)
        if calls:
            self.viewer.run_command(f"points.trace {' '.join(calls)}")
        else:
            self.viewer.tell("All calls that the activity tells of are traced.")

    @command("Write the report of this activity to a file", "ctrl+r")
    def report(self, *path: str) -> None:
        """Write what is shown as a report, in the format of the file's suffix."""
        if self._is_writing:
            self.viewer.tell("A report is being written already; wait for its end.", "warning")
        elif path:
            problem = self._write(" ".join(path))
            if problem is not None:
                self.viewer.tell(f"Not written: {problem.message}.", "error")
        else:
            name = time.strftime("gvtui-%Y%m%d-%H%M%S.md")
            hint = " ".join(REPORTS_BY_SUFFIX)
            self.viewer.ask(Question("write the report to", self._write, value=name, hint=hint))

    def _write(self, text: str) -> Mistake | None:
        if not text.strip():
            return None
        path = Path(text.strip()).expanduser()
        if (mistake := no_new_file(path, REPORTS_BY_SUFFIX)) is not None:
            return mistake
        style = REPORTS_BY_SUFFIX[path.suffix.lower()]
        expression = conjunction([*self.model.chips.active(), self.subject.expression])
        self._is_writing = True
        self.viewer.in_thread(
            partial(_report, self.model.trace.path, expression, style, path),
            partial(self._written, path),
            self._not_written,
        )
        return None

    def _written(self, path: Path, size: int) -> None:
        self._is_writing = False
        self.viewer.tell(f"Wrote the report, {counted(size, 'byte')}, to {escape(str(path))}")

    def _not_written(self, error: Exception) -> None:
        self._is_writing = False
        self.viewer.tell(f"Not written: {error}.", "error")

    def status(self) -> Iterable[Item]:
        """That a report is being written."""
        if self._is_writing:
            yield Item("writing the report", "report …", "record")


def _survey(path: Path, limit: int | None) -> Survey:
    from gvtui.trace.survey import survey

    # The thread has its own reader, since the screen uses the other one.
    trace = Trace.open(path, limit=limit)
    try:
        return survey(trace)
    finally:
        trace.close()


def _report(recording: Path, expression: str, style: DocumentFormat[Report], path: Path) -> int:
    """Have `gvtui report`, in a process of its own, write to a file; returns the file's size.

    Raises:
        ActivityReportError: it failed.
        OSError: the file cannot be written.
    """
    words = python("-m", "gvtui", "report", "--format", style.name, "--filter", expression)
    with whole_file(path, is_new=True) as out:
        done = subprocess.run(
            [*words, "--", str(recording.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
        )
        size = out.seek(0, 2)
        if done.returncode not in (0, 1) or not size:
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise ActivityReportError(escape(said or "gvtui report has failed", _MAX_SHOWN))
        return size
