"""What a line of the process tree says, and the columns that there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.endings import untold_ending
from gvtui.decode.errno_names import errno_name
from gvtui.decode.events import NOTICE_SIGN
from gvtui.decode.ids import called_anywhere, short_id
from gvtui.decode.outcome import NOT_SENT, ExecOutcome
from gvtui.decode.signals import wait_status
from gvtui.decode.stdio import on_a_socket
from gvtui.query.facts import ProcessFacts
from gvtui.query.processes.notices import process_notice
from gvtui.query.processes.process import MAX_EXECS, Evidence
from gvtui.query.processes.tree import ProcessTree
from gvtui.tui.kit.cells import fit, short_bytes, short_count, width_of
from gvtui.tui.kit.signs import (
    CLOSED_SIGN,
    COMES_SIGN,
    ENDED_SIGN,
    FAILED_SIGN,
    LOST_SIGN,
    OPEN_SIGN,
    PROCFS_SIGN,
    RUNS_SIGN,
)
from gvtui.tui.model.rowtext import word
from gvtui.tui.processes.choice import TreeChoice, TreeOrder
from gvtui.tui.processes.lines import Fold
from gvtui.tui.processes.runs import runs_value, runs_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.processes.image import ProgramImage
    from gvtui.query.processes.process import Exec, Process, ProcessId
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.model.model import Model
    from gvtui.tui.processes.lines import TreeLine
    from gvtui.tui.processes.opened import OpenFds

SOURCE_SIGNS = {Evidence.EVENT: " ", Evidence.PROCFS: PROCFS_SIGN, Evidence.CONTEXT: "~"}
"""How a process is known."""

_LATEST = 1 << 62
"""A row after all others."""
GROWS_SIGN = COMES_SIGN
"""In front of the open descriptors of a process that leaves some open all along."""

_LEAST_COMMAND = 24
_ROOMY = 110


class TreeColumn(NamedTuple):
    """A column right of the command line."""

    key: str
    title: str
    width: int
    """Cells."""
    gives_way: int
    """Its turn to be left out where there are few cells, 1 first; 0 is always shown."""


COLUMNS = (
    TreeColumn("from", "from", 9, 6),
    TreeColumn("stdio", "in ⇄ out", 22, 4),
    TreeColumn("started", "started", 12, 2),
    TreeColumn("ended", "ended", 12, 1),
    TreeColumn("status", "exit", 16, 0),
    TreeColumn("calls", "calls", 8, 0),
    TreeColumn("errors", "errors", 7, 5),
    TreeColumn("fds", "≥ fds", 7, 6),
    TreeColumn("rate", "rows/s", 6, 3),
)


class Layout(NamedTuple):
    """How the cells of a line are shared out."""

    name: int
    """Cells of signs, process id and name."""
    columns: list[TreeColumn]
    """Those shown, from the left."""
    command: int
    """Cells of the command line."""


def layout(
    width: int,
    *,
    is_live: bool,
    tree: ProcessTree | None = None,
    has_fds: bool = True,
    kept: Sequence[str] = (),
) -> Layout:
    """Share out the cells of a line; where there are few, columns give way.

    Args:
        width: cells of a line.
        is_live: whether rows may come, and so have a rate.
        tree: decides whether there are columns for what only some sessions ask for.
        has_fds: whether it is known what processes have open.
        kept: the keys of columns that do not give way.
    """
    name = 34 if width >= _ROOMY else 24
    shown = {
        "rate": is_live,
        "fds": has_fds,
        "from": tree is not None and tree.tells_origins,
        "stdio": tree is not None and tree.tells_stdio,
    }
    columns = [column for column in COLUMNS if shown.get(column.key, True)]

    def left() -> int:
        return width - name - 1 - sum(column.width + 1 for column in columns)

    for turn in sorted(column.gives_way for column in COLUMNS if column.gives_way):
        if left() >= _LEAST_COMMAND:
            break
        columns = [each for each in columns if each.gives_way != turn or each.key in kept]
    return Layout(name, columns, max(1, left()))


def column_titles(shares: Layout) -> str:
    """The titles of the columns as one line."""
    words = fit("process", shares.name) + " " + fit("command", shares.command)
    return words + "".join(f" {_cell(column.title, column)}" for column in shares.columns)


def _cell(text: str, column: TreeColumn) -> str:
    return fit(text, column.width, right=column.key in ("calls", "errors", "fds", "rate"))


class TreePainter:
    """Puts processes, their programs and their threads into words."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.tree = ProcessTree()
        """Where processes are looked up that are piped together."""
        self.choice = TreeChoice()
        """Which processes are shown, and whose calls are counted."""

    def line(self, line: TreeLine, width: int) -> list[Part]:
        """A line of the tree, in parts with their looks."""
        if line.runs:
            return self._runs(line, self.layout(width))
        if line.process is None:
            naming = self._model.trace.connections.naming
            container = word(called_anywhere(naming, line.container)) or "container not known"
            # Beside a name there is room for the ID.
            short = word(short_id(line.container))
            beside = f"  {short}" if naming.newest(line.container).label else ""
            return [(f"◉ {container}", "container"), (beside, "faint")]
        if line.executed is not None:
            return [(line.guide, "guide"), *self._program(line.executed)]
        if line.thread is not None:
            thread = line.thread
            state = ENDED_SIGN if thread.has_ended else RUNS_SIGN
            look = "ended" if thread.has_ended else "faint"
            return [(line.guide, "guide"), (f"  {state} thread {thread.tid}", look)]
        if line.opened is not None:
            return [(line.guide, "guide"), *_opened(line.opened)]
        if line.left_out:
            words = f"  … and {line.left_out:,} more that are open"
            return [(line.guide, "guide"), (words, "faint")]
        return self._process(line, line.process, self.layout(width))

    def layout(self, width: int) -> Layout:
        """How the cells of a line are shared out now."""
        has_fds = self.choice.resolved is not None
        kept = ("fds",) if self.choice.order is TreeOrder.DESCRIPTORS else ()
        is_live = self._model.is_live
        return layout(width, is_live=is_live, tree=self.tree, has_fds=has_fds, kept=kept)

    def full(self, line: TreeLine) -> str:
        """All words of a line, not cut to a width."""
        process = line.process
        if line.runs:
            values = [runs_value(self._model, line.runs, column.key)[0] for column in COLUMNS]
            return "  ".join(filter(None, (f"{len(line.runs):,} runs", runs_words(line), *values)))
        if process is None or line.is_part:
            words = "".join(text for text, _ in self.line(line, 0))
            return words if process is not None else f"{words}  {word(line.container)}"
        values = [self._value(process, column.key)[0] for column in COLUMNS]
        shares = Layout(0, list(COLUMNS), 0)
        known = (word(process.name), self._tags(line, process, shares), word(process.command_line))
        return "  ".join(filter(None, (str(process.pid or "?"), *known, *values)))

    def _program(self, executed: Exec) -> list[Part]:
        sign, told = _told(executed)
        if executed.image is not None and executed.image.file.origin.shown:
            told += f"  {executed.image.file.origin.shown}"
        when = self._model.moments.text(executed.time_ns)
        ran = executed.outcome is ExecOutcome.DONE and bool(executed.args)
        called = executed.args if ran else [executed.path, *executed.args[1:]]
        return [
            (f"  {sign} {word(' '.join(called))}", "command"),
            (told, "failed" if executed.outcome is ExecOutcome.FAILED else "faint"),
            (f"  {when}" if when else "", "faint"),
        ]

    def _process(self, line: TreeLine, process: Process, shares: Layout) -> list[Part]:
        ended = process.has_ended

        def look(usual: str) -> str:
            return "ended" if ended else usual

        more = {Fold.CLOSED: CLOSED_SIGN, Fold.ALL: OPEN_SIGN}.get(line.fold, " ")
        if line.fold is Fold.CLOSED and not process.children:
            more = " "
        state = ENDED_SIGN if ended else LOST_SIGN if process.is_out_of_sight else RUNS_SIGN
        lead = f"{line.guide}{more}"
        pid = f"{SOURCE_SIGNS[process.source]}{process.pid or '?'} "
        room = shares.name - width_of(lead) - 2 - width_of(pid)
        parts: list[Part] = [
            (lead, "guide"),
            (f"{state}", look("faint" if process.is_out_of_sight else "good")),
            (pid, look("pid")),
            (fit(word(process.name) or "?", max(1, room + 1)), look("name")),
            (" ", ""),
        ]
        tags = self._tags(line, process, shares)
        tag = fit(tags + " ", min(width_of(tags) + 1, shares.command)) if tags else ""
        is_noticed = bool(process_notice(self.tree, process))
        parts.append((tag, "failed" if is_noticed else look("tag")))
        parts.append(
            (fit(word(process.command_line), shares.command - width_of(tag)), look("command"))
        )
        for column in shares.columns:
            text, style = self._value(process, column.key)
            parts.append((" " + _cell(text, column), style if style == "failed" else look(style)))
        return parts

    def _runs(self, line: TreeLine, shares: Layout) -> list[Part]:
        """Runs of one command in exec sessions that are over."""
        more = "▸" if line.fold is Fold.CLOSED else "▾"
        parts: list[Part] = [
            (f"{line.guide}{more}", "guide"),
            (f"{ENDED_SIGN}", "ended"),
            (fit(f" {len(line.runs):,} runs of", shares.name - 1 - width_of(line.guide)), "ended"),
            (fit(runs_words(line), shares.command), "ended"),
        ]
        for column in shares.columns:
            text, style = runs_value(self._model, line.runs, column.key)
            look = style if style == "failed" else "ended"
            parts.append((" " + _cell(text, column), look))
        return parts

    def _tags(self, line: TreeLine, process: Process, shares: Layout) -> str:
        tags = []
        if words := process_notice(self.tree, process):
            tags.append(f"{NOTICE_SIGN} {word(words)}")
        if all(column.key != "from" for column in shares.columns):
            image = _image(process)
            if image is not None and image.file.origin.is_looked_at:
                tags.append(image.file.origin.shown)
        if line.is_sorted and len(self.tree.containers()) > 1:
            naming = self._model.trace.connections.naming
            tags.append(f"in {word(called_anywhere(naming, process.container)) or '?'}")
        if self.tree.is_from_outside(process):
            tags.append("exec session" + ", tty" * process.has_tty)
            if process.audit_id:
                tags.append(f"audit {word(process.audit_id)}")
        if process.pipe_from is not None and not self.tree.tells_stdio:
            tags.append(f"│{self._pipe(process, process.pipe_from)} ▷")
        if process.pipe_to is not None and not self.tree.tells_stdio:
            tags.append(f"▷ {self._pipe(process, process.pipe_to)}│")
        if line.fold is not Fold.ALL:
            if len(process.programs) > 1:
                bound = "≥" if len(process.execs) >= MAX_EXECS else ""
                tags.append(f"{bound}{len(process.programs)} execs")
            threads = len(process.threads) + process.threads_forgotten
            if threads > 1:
                tags.append(f"{threads} threads")
        return f"[{', '.join(tags)}]" if tags else ""

    def _pipe(self, process: Process, other: ProcessId) -> str:
        known = self.tree.find(other)
        name = word(known.name) if known is not None else ""
        return f"{other.pid} {name}".rstrip()

    def _stdio(self, process: Process, image: ProgramImage) -> str:
        """Standard input and output in two short words, in one where they are one socket."""
        stdin, stdout = image.stdin, image.stdout
        if stdin is not None and stdin.is_socket and on_a_socket(stdin, stdout):
            return stdin.short
        coming, going = (each.short if each is not None else "?" for each in (stdin, stdout))
        if stdin is not None and stdin.kind == "pipe" and process.pipe_from is not None:
            coming = f"◁ {process.pipe_from.pid}"
        if stdout is not None and stdout.kind == "pipe" and process.pipe_to is not None:
            going = f"▷ {process.pipe_to.pid}"
        return f"{coming}  {going}"

    def _value(self, process: Process, key: str) -> tuple[str, str]:
        model = self._model
        if key in ("from", "stdio"):
            image = _image(process)
            if image is None:
                return "", "faint"
            if key == "from":
                origin = image.file.origin
                return origin.shown, "failed" if origin.shown.isupper() else "faint"
            is_noticed = bool(process_notice(self.tree, process))
            return self._stdio(process, image), "failed" if is_noticed else "faint"
        if key in ("started", "ended"):
            when = process.started_ns if key == "started" else process.end_ns
            return model.moments.text(when), "faint"
        if key == "status":
            if process.exit_status is None:
                return _unknown_exit(process), "faint"
            words = wait_status(process.exit_status).removesuffix(" (core dumped)")
            words = words.replace("killed by ", "")
            return (f"{FAILED_SIGN} {words}", "failed") if process.exit_status else (words, "faint")
        if key == "calls":
            is_least = (
                model.trace.connections.dropped
                or process.is_carried
                or model.analysis.processes.has_missed
            )
            bound = "≥" if is_least else ""
            return f"{bound}{short_count(self.choice.calls(process))}", "number"
        if key == "errors":
            errors = self.choice.errors(process)
            return (short_count(errors) if errors else ""), "error"
        if key == "fds":
            many = self.choice.descriptors(process)
            if self.choice.grows(process):
                return f"{GROWS_SIGN} {short_count(many)}", "failed"
            return (short_count(many) if many else ""), "number"
        rate = process.rate(model.moments.now_ns) if model.is_live else 0
        return (short_count(rate) if rate else ""), "number"


def _image(process: Process) -> ProgramImage | None:
    """What is told of the program that a process is now, or was last."""
    program = ProcessFacts.program(process, _LATEST)
    return program.image if program is not None else None


def _opened(opened: OpenFds) -> list[Part]:
    """What is open: its descriptor, or how many there are, its name and its bytes."""
    name, fds = word(opened.name) or "?", opened.fds
    moved = [
        f"{short_bytes(size)} {what}"
        for size, what in ((opened.bytes_in, "read"), (opened.bytes_out, "written"))
        if size
    ]
    said = f"   {', '.join(moved)}" if moved else ""
    if len(fds) == 1:
        return [(f"  {fds[0]:>3} ", "pid"), (name, "command"), (said, "faint")]
    span = f"   descriptors {fds[0]} to {fds[-1]}"
    return [(f"  × {len(fds):,} ", "failed"), (name, "command"), (f"{span}{said}", "faint")]


def _unknown_exit(process: Process) -> str:
    """What is known of the end of a process whose exit status is not."""
    if process.is_cut_off:
        return untold_ending(process.traces_exits)
    if process.is_out_of_sight:
        return "not known"
    return "ended" if process.has_ended else ""


def _told(executed: Exec) -> tuple[str, str]:
    """The sign of a program, and what there is to say of it besides."""
    if executed.outcome is ExecOutcome.FAILED:
        why = errno_name(executed.errno) if executed.errno else NOT_SENT
        return FAILED_SIGN, f"  failed: {why}"
    return ("»", "") if executed.outcome is ExecOutcome.DONE else ("»…", "  asked")
