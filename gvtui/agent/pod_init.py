"""Edits a pod init file, whose session every container gets that starts later.

This needs neither runsc nor root, only the permission to write the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.points.document import (
    SessionDocument,
    SessionError,
    load_document,
    pod_init_document,
    save_document,
)
from gvtui.points.problems import Problem, Verdict
from gvtui.points.session import Session, SessionDiff, diff_sessions, keep_in_step
from gvtui.points.ways import judge

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.points.catalogue import Catalogue


class SessionFile:
    """A session file that is being edited.

    `written` is the session in the file, `staged` the session that `write` will put there. Callers
    set `staged`.
    """

    def __init__(self, path: Path, document: SessionDocument, *, exists: bool = True) -> None:
        self.path = path
        self.exists = exists
        self.staged = document.session
        self._document = document

    @classmethod
    def open(cls, path: Path) -> SessionFile:
        """Load a file; one that does not exist yet starts as a pod init file without points.

        Raises:
            SessionError: it cannot be read, or is no session file.
        """
        if not path.exists():
            return cls(path, pod_init_document(Session()), exists=False)
        return cls(path, load_document(path))

    @property
    def written(self) -> Session:
        """The session in the file, as last read or written."""
        return self._document.session

    @property
    def is_wrapped(self) -> bool:
        """Whether the session is under `trace_session`, where the start of containers needs it."""
        return self._document.is_wrapped

    @property
    def diff(self) -> SessionDiff:
        """The difference between the session in the file and the staged one."""
        return diff_sessions(self.written if self.exists else None, self.staged)

    def text(self) -> str:
        """The text that `write` would put into the file."""
        return self._document.with_session(self.staged).text()

    def undo(self) -> None:
        """Stage the session in the file, and so drop all edits."""
        self.staged = self.written

    def changed_outside(self) -> bool:
        """Whether somebody else has changed the file since it was read or written.

        The sessions are compared by their meaning, the text around them byte by byte.
        """
        try:
            now = load_document(self.path)
        except SessionError:
            return self.exists
        around = now.with_session(self.written) != self._document
        return not self.exists or around or bool(diff_sessions(self.written, now.session))

    def write(self) -> None:
        """Write the staged session in one step; enter and exit of raw calls get the same fields.

        Raises:
            SessionError: it cannot be written; the file is as it was.
        """
        self.staged = keep_in_step(self.staged)[0]
        document = self._document.with_session(self.staged)
        save_document(self.path, document)
        self._document = document
        self.exists = True


def start_problems(session: Session) -> list[Problem]:
    """Warnings on a session that containers get when they start."""
    return [
        Problem(
            "warning",
            f"sinks[{at}].ignore_setup_error",
            f"while nobody listens at {sink.endpoint}, no container can start",
            "set ignore_setup_error to true, or keep a monitor running",
        )
        for at, sink in enumerate(session.sinks)
        if sink.endpoint is not None and not sink.ignore_setup_error
    ]


def start_words(file: SessionFile, catalogue: Catalogue) -> tuple[str, bool]:
    """What happens to containers that start with the staged file, and whether they are traced.

    The sentence has no full stop, and begins in lower case.
    """
    raw = file.text().encode("utf-8", "surrogatepass")
    ending = judge(raw, catalogue).endings["pod-init"]
    if ending.verdict is Verdict.REFUSED:
        return f"no container starts with it: {ending.reason}", False
    if ending.verdict is Verdict.UNTRACED:
        return f"containers that start from now on run untraced: {ending.reason}", False
    warnings = "".join(f". {each}" for each in start_problems(file.staged))
    return f"containers that start from now on get it{warnings}", True
