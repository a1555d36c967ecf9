"""What viewers have left behind that were killed, or whose terminal has gone: open, save or delete it."""

from __future__ import annotations

import shutil
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.python import python
from gvtui.trace import keep
from gvtui.trace.reader import Trace
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.kit.cells import short_bytes
from gvtui.tui.viewer import Feature
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.monitor.folder import LeftBehind

_OPEN, _SAVE, _DELETE = "open", "save", "delete"


class Kept(Feature):
    """Offers what viewers before have left behind."""

    prefix, heading = "kept", "Recording"

    def opened(self) -> None:
        """Say that there is something."""
        found = self._found
        if not found:
            return
        rows = counted(sum(one.rows for one in found), "row")
        keys = self.viewer.commands.keys_of("kept.choose")
        who = "a viewer that was cut off has"
        if len(found) > 1:
            who = f"{len(found)} viewers that were cut off have"
        self.viewer.tell(
            f"What {who} seen until {_until(found[0])} is kept ({rows}): "
            f"{keys} opens, saves or deletes it.",
            "warning",
        )

    @property
    def _found(self) -> list[LeftBehind]:
        return self.viewer.monitor.left_behind if self.viewer.monitor is not None else []

    @command("What viewers that were cut off have seen: open, save or delete it", "B")
    def choose(self) -> None:
        """List what was left behind, the newest first."""
        found = self._found
        if not found:
            self.viewer.tell("Nothing is kept of viewers that were cut off.")
            return
        entries = [
            Entry(
                str(one.path),
                f"until {_until(one)}   {counted(one.rows, 'row')}   "
                f"{short_bytes(one.size_bytes)}   {escape(str(one.path))}",
            )
            for one in found
        ]
        by_path = {str(one.path): one for one in found}
        self.viewer.choose(
            Choice(
                "Kept of viewers that were cut off",
                entries,
                lambda path: self._ask_what(by_path[path]),
                line="kept.choose",
            )
        )

    def _ask_what(self, one: LeftBehind) -> None:
        entries = (
            Entry(_OPEN, "Open it; leaving it leads back here"),
            Entry(_SAVE, "Save it as a recording"),
            Entry(_DELETE, "Delete it"),
        )
        acts = {_OPEN: self._open, _SAVE: self._save, _DELETE: self._delete}
        heading = f"What was seen until {_until(one)}"
        self.viewer.choose(Choice(heading, entries, lambda act: acts[act](one)))

    def _open(self, one: LeftBehind) -> None:
        self.viewer.run_over(python("-m", "gvtui", "replay", str(one.path)))

    def _save(self, one: LeftBehind) -> None:
        def done(text: str) -> Mistake | None:
            path = Path(text.strip()).expanduser()
            if not text.strip() or path.exists():
                return Mistake("this file exists already; choose another name")
            if not path.parent.is_dir():
                return Mistake(f"there is no folder {path.parent}")
            self.viewer.in_thread(partial(_save, one.path, path), lambda _: self._saved(one, path))
            return None

        name = time.strftime("gvtui-%Y%m%d-%H%M%S.gvtrace", time.localtime(one.ended_s))
        self.viewer.ask(Question("save in", done, value=name))

    def _saved(self, one: LeftBehind, path: Path) -> None:
        self._forget(one)
        self.viewer.tell(f"Saved in {path}")

    def _delete(self, one: LeftBehind) -> None:
        self.viewer.in_thread(partial(shutil.rmtree, one.path), lambda _: self._deleted(one))

    def _deleted(self, one: LeftBehind) -> None:
        self._forget(one)
        self.viewer.tell(f"What was seen until {_until(one)} is deleted.")

    def _forget(self, one: LeftBehind) -> None:
        if one in self._found:
            self._found.remove(one)


def _save(folder: Path, path: Path) -> None:
    """Write it as one recording, and remove the folder."""
    trace = Trace.open(folder)
    try:
        keep.save(trace, path)
    finally:
        trace.close()
    shutil.rmtree(folder)


def _until(one: LeftBehind) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(one.ended_s))
