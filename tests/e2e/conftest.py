"""What tests with real sandboxes share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.agent.scratch import scratch_folder, unmount_all
from tests.e2e.containers import (
    Container,
    Listener,
    RunscBinary,
    binaries_as_params,
    need,
    running_container,
)
from tests.e2e.tools import need_tools
from tests.tui import settling


@pytest.fixture(params=binaries_as_params(), scope="module")
def binary(request: pytest.FixtureRequest) -> RunscBinary:
    """Each runsc here, one after the other."""
    return need(request.param)


@pytest.fixture(scope="module")
def shared(binary: RunscBinary) -> Iterator[Container]:
    """A busy container for tests that leave it without a session."""
    with (
        scratch_folder("gv") as folder,
        running_container(binary, folder) as one,
    ):
        yield one


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path, for sockets and roots."""
    with scratch_folder("gv") as folder:
        yield folder


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A monitor that collects."""
    with scratch_folder("gv") as folder, Listener(folder / "s") as one:
        yield one


@pytest.fixture
def tmux() -> None:
    """A test that needs tmux; skipped where there is none, unless everything is required."""
    need_tools("tmux")


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runsc leaves behind goes with the test.

    Newer ones mount a namespace in their root, which would keep pytest from removing `tmp_path`;
    `runsc do`, killed, leaves a root of its own in the folder for temporary files.
    """
    with scratch_folder("gv") as folder:
        monkeypatch.setenv("TMPDIR", str(folder))
        yield
        unmount_all(tmp_path)


@pytest.fixture(autouse=True)
def pilots_wait_until_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine Textual's own pilot believes too soon that the app has nothing to do."""
    settling.use_in(monkeypatch)
