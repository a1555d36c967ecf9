from __future__ import annotations

import pytest

from gvtui.decode.errno_names import errno_name, errno_text, failure


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (2, "ENOENT"),
        (11, "EAGAIN"),
        (35, "EDEADLK"),
        (95, "EOPNOTSUPP"),
        (111, "ECONNREFUSED"),
        (512, "ERESTARTSYS"),
        (4000, "errno 4000"),
        (-5, "errno -5"),
    ],
)
def test_names(number: int, name: str) -> None:
    assert errno_name(number) == name


def test_text() -> None:
    assert errno_text(2) == "No such file or directory"
    assert errno_text(513) == "To be restarted"
    assert errno_text(4000) == ""


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (2, "-1 ENOENT (No such file or directory)"),
        (512, "? ERESTARTSYS (To be restarted if SA_RESTART is set)"),
        (513, "? ERESTARTNOINTR (To be restarted)"),
        (514, "? ERESTARTNOHAND (To be restarted if no handler)"),
        (516, "? ERESTART_RESTARTBLOCK (Interrupted by signal)"),
        (4000, "-1 (errno 4000)"),
        (-1, "-1 (errno -1)"),
    ],
)
def test_failure(number: int, shown: str) -> None:
    assert failure(number) == shown
