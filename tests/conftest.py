"""What all tests share: settings, and a home that is not the user's."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.trace.recorder import close_writers

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says nothing on a machine that does other things as well. The examples are
# the same in each run, so a change that failed nothing here fails nothing elsewhere; `make search`
# looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("GVTUI_EXAMPLES", "same"))

# readline, which pytest loads, names a size of the terminal; programs would take it for theirs.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# A script's background has Ctrl-C ignored, nohup the terminal's end; all that tests start inherits it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


DATA = Path(__file__).parent / "data"
_MAX_LEFT = 100
"""How many files all tests of a process may leave open: too few to change what others see."""


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Fail the last test where tests have left files among the recordings, or files open."""
    there, opened = set(DATA.rglob("*")), _open_files()
    yield
    gc.collect()
    new = sorted(map(str, set(DATA.rglob("*")) - there))
    assert not new, f"these files came while tests ran: they are to work on copies: {new}"
    left = [path for number, path in _open_files().items() if opened.get(number) != path]
    assert len(left) <= _MAX_LEFT, f"tests have not closed {len(left)} files: {sorted(left)}"


def _open_files() -> dict[str, str]:
    """The files that are open in this process, by descriptor."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        # That with which they are listed has gone.
        if entry.is_symlink() and (target := os.readlink(entry)).startswith("/"):
            found[entry.name] = target
    return found


@pytest.fixture(autouse=True)
def _writers_are_closed() -> Iterator[None]:
    """Whatever a recorder still writes is closed with the test."""
    yield
    close_writers()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for configuration and state that is empty at first."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    return home
