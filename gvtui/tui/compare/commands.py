"""Commands that compare this trace with another, or parts of it with each other."""

from __future__ import annotations

import os
import shlex
import subprocess
from datetime import UTC
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.errors import GvtuiError
from gvtui.python import python, why_not_started
from gvtui.query.filter.write import conjunction
from gvtui.tui.command.command import command
from gvtui.tui.compare.asked import SAME_POINTS, ComparedPair, read_pair
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.model.chips import Chip
from gvtui.tui.viewer import Feature, Item, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.tui.compare.lines import ComparedLines

_SLOT = "compare"
_MAX_SAID = 400


class DiffFailedError(GvtuiError):
    """The comparison has failed."""


class Comparing(Feature):
    """Compares, in a process of its own, and shows what differs."""

    prefix, heading = "compare", "Moving"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._process: subprocess.Popen[str] | None = None
        self._pair: ComparedPair | None = None
        self._found: ComparedLines | None = None
        self._typed = ""
        self._found_for = ""
        """What was typed for the last comparison that is done."""

    @command("Compare with another recording, a window or a container", "equals_sign")
    def to(self, *words: str) -> None:
        """Compare this trace with what the words name; without words, ask."""
        if words:
            self._tell(self._start(shlex.join(words)))
            return
        # So short that a screen of 80 columns has all of it.
        hint = "FILE, FILE@12:00..12:05, @12:00..12:05, CONTAINER; or two"
        if list(self.model.bookmarks):
            hint = "FILE, FILE@12:00..12:05, @NOTE..12:05, CONTAINER; or two"
        self.viewer.ask(Question("compare with", self._start, value=self._typed, hint=hint))

    @command("Show the last comparison again")
    def again(self) -> None:
        """Show the lines of the last comparison."""
        if self._found is None:
            key = self.viewer.commands.keys_of("compare.to")
            self.viewer.tell(f"Nothing has been compared yet: {key} does it.")
        else:
            self._show(self._found)

    def _tell(self, mistake: Mistake | None) -> None:
        if mistake is not None:
            self.viewer.tell(f"Compare: {mistake.message}", "error")

    def _start(self, text: str) -> Mistake | None:
        model = self.model
        pair = read_pair(
            text,
            model.trace.path,
            self._containers(),
            self._own_container(),
            {each.note: each.time_ns or each.recv_ns for each in model.bookmarks if each.note},
        )
        if isinstance(pair, str):
            return Mistake(pair)
        self._typed, self._pair = text, pair
        words = [*python("-m", "gvtui", "diff"), "--format", "json"]
        for each in pair.containers:
            words += ["--container", each]
        if pair.same_points:
            words.append(SAME_POINTS)
        if filter_text := conjunction(model.chips.active()):
            words += ["--filter", filter_text]
        # Times are typed in the zone that the screen shows.
        environment = {**os.environ, "TZ": "UTC"} if model.zone is UTC else None
        self._stop()
        try:
            self._process = process = subprocess.Popen(
                [*words, "--", pair.before, pair.after],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=environment,
            )
        except OSError as error:
            return Mistake(f"Nothing can be compared: {why_not_started(error)}.")
        self.viewer.in_thread(
            lambda: _read(process),
            lambda found: self._done(process, text, found),
            self._failed(process),
        )
        return None

    def _failed(self, process: subprocess.Popen[str]) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            if self._process is process:
                self._process = None
                self.viewer.tell(f"Compare: {error}", "error")

        return failed

    def _done(self, process: subprocess.Popen[str], text: str, found: ComparedLines) -> None:
        if self._process is process:
            self._process = None
            self._found, self._found_for = found, text
            self._show(found)

    def _show(self, found: ComparedLines) -> None:
        entries = [
            Entry(str(place), line.words, enabled=line.leads)
            for place, line in enumerate(found.lines)
        ]
        before, after = map(escape, found.files)
        # Of one recording its name does not tell the sides apart.
        sides = f"{before} → {after}" if before != after else f"{before}, {escape(self._found_for)}"
        heading = f"{sides}: {found.heading}; Enter: its rows"
        self.viewer.choose(Choice(heading, entries, self._go_to, line="compare.again"))

    def _go_to(self, key: str) -> None:
        found, pair = self._found, self._pair
        if found is None or pair is None:
            return
        line = found.lines[int(key)]
        for side in (1, 0):
            if line.filters[side] and pair.is_here[side]:
                self.viewer.show_rows(Chip(line.filters[side], _SLOT), line.first[side])
                return
        for side, words in ((1, pair.after), (0, pair.before)):
            if line.filters[side]:
                text = (
                    f"gvtui print {shlex.quote(words)} --filter {shlex.quote(line.filters[side])}"
                )
                self.viewer.tell(f"Only the other recording has it: {escape(text)}")
                return

    def _containers(self) -> list[str]:
        connections = self.model.trace.connections
        found: list[str] = []
        for sandbox in connections.sandboxes():
            conn = sandbox.latest.conn
            for container in sandbox.latest.container_args or (sandbox.container_id,):
                names = connections.names(conn, container)
                found += filter(None, (container, names.full))
        return found

    def _own_container(self) -> str:
        model = self.model
        if model.cursor is None or model.cursor < model.trace.first_row:
            return ""
        row = model.trace.row(model.cursor)
        return model.trace.connections.container(row.conn)

    def status(self) -> Iterable[Item]:
        """That a comparison is being made."""
        return (Item("comparing …", "comparing", goes=1),) if self._process is not None else ()

    def may_leave(self, leave: Callable[[], None]) -> bool:
        """End the process."""
        self._stop()
        return True

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()


def _read(process: subprocess.Popen[str]) -> ComparedLines:
    """What the process has written, to its end.

    Raises:
        DiffFailedError: nothing, and why.
        NoComparisonError: it is no comparison.
    """
    # All that a comparison is made of: the viewer starts without it.
    from gvtui.tui.compare.lines import read_lines

    out, said = process.communicate()
    if not out:
        lines = [line for line in said.splitlines() if line.strip()] or ["gvtui diff said nothing"]
        raise DiffFailedError(escape(lines[-1].removeprefix("gvtui: "), _MAX_SAID))
    return read_lines(out)
