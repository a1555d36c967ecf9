from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.errors import ReadOnlyError
from gvtui.points.document import SessionError
from gvtui.points.library import Library
from gvtui.points.session import Point, Session

SESSION = Session((Point("sentry/clone"),))


def test_sessions_are_kept_by_name(tmp_path: Path) -> None:
    library = Library(tmp_path / "deep" / "sessions")
    assert library.names() == []
    library.save("web shop", SESSION)
    library.save("Änderung-2", Session())
    assert library.names() == ["web shop", "Änderung-2"]
    assert library.load("web shop") == SESSION
    library.save("web shop", Session())
    assert library.load("web shop") == Session()
    library.delete("web shop")
    assert library.names() == ["Änderung-2"]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a\n", "\x1b[31m"])
def test_what_cannot_be_a_name(tmp_path: Path, name: str) -> None:
    library = Library(tmp_path)
    with pytest.raises(SessionError, match="cannot be a name"):
        library.save(name, SESSION)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there(tmp_path: Path) -> None:
    library = Library(tmp_path / "file")
    (tmp_path / "file").touch()
    assert library.names() == []
    for attempt in (
        lambda: library.load("x"),
        lambda: library.delete("x"),
        lambda: library.save("x", SESSION),
    ):
        with pytest.raises(SessionError):
            attempt()


def test_one_that_only_reads(tmp_path: Path) -> None:
    session = Session((Point("sentry/clone"),))
    Library(tmp_path).save("mine", session)
    library = Library(tmp_path, readonly=True)
    with pytest.raises(ReadOnlyError):
        library.save("other", session)
    with pytest.raises(ReadOnlyError):
        library.delete("mine")
    assert library.names() == ["mine"]
    assert library.load("mine") == session
