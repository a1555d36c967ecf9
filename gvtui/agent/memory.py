"""Sessions that gvtui made, remembered from one run to the next.

The runtime never tells a session's points. A note of what gvtui made last lets a later run put it
back. The session may have been replaced by another monitor since, so a note gives no right to
replace one without asking.
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
"""Of `/proc/PID/stat`, counted from behind the name: see proc_pid_stat(5)."""


class Memory:
    """Notes in a folder, one for each sandbox; a sandbox is known by its process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def remember(self, container: Container, session: Session) -> None:
        """Note a session; where that is not possible, nothing is noted."""
        with suppress(OSError, SessionError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            save_document(self._place(container), SessionDocument(session))

    def recall(self, container: Container) -> Session | None:
        """The session that gvtui made last for this sandbox."""
        try:
            return load_document(self._place(container)).session
        except SessionError:
            return None

    def forget(self, container: Container) -> None:
        """Drop the note."""
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
