"""Sessions that the user has saved under names of their own, beside the presets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvtui.errors import ReadOnlyError
from gvtui.points.document import (
    SessionDocument,
    SessionError,
    load_document,
    save_document,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.points.session import Session

_SUFFIX = ".json"
_NAME = re.compile(r"[\w][\w .+-]{0,63}")


class Library:
    """A folder of saved sessions, each in a session file of its own."""

    def __init__(self, folder: Path, *, readonly: bool = False) -> None:
        """Use a folder, which is not read yet; with `readonly` nothing is ever written to it."""
        self.folder = folder
        self._readonly = readonly

    def names(self) -> list[str]:
        """The names of all saved sessions, in order; empty if the folder cannot be read."""
        try:
            found = [path.stem for path in self.folder.iterdir() if path.suffix == _SUFFIX]
        except OSError:
            return []
        return sorted(name for name in found if _NAME.fullmatch(name))

    def load(self, name: str) -> Session:
        """The session of that name.

        Raises:
            SessionError: there is none, or its file is no session.
        """
        return load_document(self._place(name)).session

    def save(self, name: str, session: Session) -> None:
        """Save a session; one of the same name is replaced.

        Raises:
            SessionError: the name is not allowed, or the file cannot be written.
            ReadOnlyError: nothing may be written.
        """
        if self._readonly:
            raise ReadOnlyError
        place = self._place(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SessionError(f"cannot make {self.folder}: {error.strerror}") from error
        save_document(place, SessionDocument(session))

    def delete(self, name: str) -> None:
        """Delete a saved session.

        Raises:
            SessionError: the file cannot be deleted.
            ReadOnlyError: nothing may be written.
        """
        if self._readonly:
            raise ReadOnlyError
        try:
            self._place(name).unlink()
        except OSError as error:
            raise SessionError(f"cannot delete {name}: {error.strerror}") from error

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SessionError(
                f"{name!r} cannot be a name; use letters, digits, spaces and . + - _ , up to 64"
            )
        return self.folder / f"{name}{_SUFFIX}"
