"""Stores which session gvtui made last in each sandbox, for later runs of gvtui.

The runtime never tells a session's points, so without such a note a later run could not restore the
session. Another monitor may have replaced the session since, so a note does not allow gvtui to
replace a session without asking.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.points.document import (
    SessionDocument,
    SessionError,
    load_document,
    save_document,
)

if TYPE_CHECKING:
    from gvtui.agent.containers import Container
    from gvtui.points.session import Session

_START_TIME_FIELD = 19
"""The index of the start time in `/proc/PID/stat`, counted after the name: proc_pid_stat(5)."""


class Memory:
    """A folder of notes, one for each sandbox; a note is valid for one process of a sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def remember(self, container: Container, session: Session) -> None:
        """Write a note of a session; if the file cannot be written, there is no note."""
        with suppress(OSError, SessionError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            save_document(self._place(container), SessionDocument(session))

    def recall(self, container: Container) -> Session | None:
        """The session that gvtui made last in this sandbox; None if no note says so."""
        try:
            return load_document(self._place(container)).session
        except SessionError:
            return None

    def forget(self, container: Container) -> None:
        """Delete the note on this sandbox."""
        with suppress(OSError):
            self._place(container).unlink(missing_ok=True)

    def _place(self, container: Container) -> Path:
        root, sandbox_id = container.sandbox_key
        identity = json.dumps([root, sandbox_id, container.pid, _start_time(container.pid)])
        return self.folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}.json"


def _start_time(pid: int) -> str:
    try:
        status = Path("/proc", str(pid), "stat").read_text("utf-8", "replace")
        return status.rpartition(")")[2].split()[_START_TIME_FIELD]
    except (OSError, IndexError):
        return ""
