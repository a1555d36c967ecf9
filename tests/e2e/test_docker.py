"""Containers of a real Docker daemon, with every runsc here: shown and addressed by their names."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.agent.scratch import scratch_folder
from gvtui.trace.names import Names
from gvtui.trace.reader import Trace
from tests.e2e.commands import Done, called
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, running_container, wait_until
from tests.e2e.docker import IMAGE, Docker, running_docker

pytestmark = pytest.mark.e2e

NAME = f"web-frontend-{os.getpid()}"
"""Another daemon of this machine may have a container of a plainer name."""


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    """One daemon for all."""
    with scratch_folder("gv") as folder, running_docker(folder) as one:
        yield one


@pytest.fixture(scope="module")
def container(docker: Docker, binary: RunscBinary) -> Iterator[str]:
    """The ID of a container that runs."""
    with docker.container(binary, NAME, "--label=team=pay") as container_id:
        yield container_id


def gvtui(*words: str, docker: Docker | None = None) -> Done:
    """Call gvtui; with a Docker daemon, as a user whose Docker that is."""
    with pytest.MonkeyPatch.context() as patch:
        if docker is not None:
            patch.setenv("DOCKER_HOST", f"unix://{docker.socket}")
        return called(*words)


@pytest.mark.parametrize("asks", [True, False], ids=["socket", "files"])
def test_containers_are_listed_by_name(docker: Docker, container: str, asks: bool) -> None:
    listed = gvtui("session", "list", "--json", docker=docker if asks else None)
    [row] = [each for each in json.loads(listed.out)["sandboxes"] if each["id"] == container]
    assert row["label"] == f"{NAME} {IMAGE}"
    assert row["names"] == {
        "manager": "docker",
        "name": NAME,
        "image": IMAGE,
        "labels": {"team": "pay"},
    }


def test_a_container_is_addressed_by_its_name(docker: Docker, container: str) -> None:
    for word in (NAME, f"docker://{container}", container[:12]):
        done = gvtui("session", "delete", word, docker=docker)
        assert done.out == f"{NAME} ({container}): there was no session\n", done.err


def test_two_of_one_name_are_listed(docker: Docker, container: str, binary: RunscBinary) -> None:
    """Docker gives a name once; a container that calls itself so elsewhere is another."""
    with scratch_folder("gv") as folder:
        other = {"nerdctl/name": NAME}
        with running_container(binary, folder, annotations=other) as same:
            done = gvtui("session", "delete", NAME, docker=docker)
            assert done.code == 1
            assert "matches more than one container" in done.err
            assert f"({container})" in done.err
            assert f"({same.id})" in done.err


def test_a_recording_has_the_names(docker: Docker, container: str, tmp_path: Path) -> None:
    """The session is applied by name, and rows are chosen by name, live and from the recording."""
    out, socket = tmp_path / "x.gvtrace", docker.folder / "s"
    session = tmp_path / "session.json"
    made = gvtui("session", "new", "--preset=files", f"--endpoint={socket}", f"--out={session}")
    assert made.code == 0, made.err
    live = ("print", f"--listen={socket}", "--format=json", f"--filter=container.name = {NAME}")
    with running_gvtui(*live, docker=docker) as printing:
        assert wait_until(socket.exists)
        applied = gvtui("session", "apply", str(session), NAME, docker=docker)
        assert applied.out.startswith(f"{NAME} ({container}): "), applied.err
        assert printing.stdout is not None
        lines = [json.loads(printing.stdout.readline()) for _ in range(20)]
    # What gvtui notes of the connection, such as its runsc, has no container of its own.
    assert {line["container_id"] for line in lines if line["message"]} == {container}
    assert any(line["message"] == "Open" for line in lines)
    with running_gvtui("record", f"--out={out}", f"--listen={socket}", docker=docker) as recording:
        assert wait_until(socket.exists)
        applied = gvtui("session", "apply", "--replace", str(session), NAME, docker=docker)
        assert applied.code == 0, applied.err
        assert wait_until(lambda: _names(out, container) is not None and _messages(out) > 2)
        recording.send_signal(signal.SIGINT)
        assert recording.wait(WAIT_SECONDS) == 0
    names = _names(out, container)
    assert names == Names("docker", NAME, IMAGE, labels={"team": "pay"})
    chosen = gvtui("print", str(out), "--format=json", f"--filter=container.image = {IMAGE}")
    assert len(chosen.out.splitlines()) > 2
    assert gvtui("session", "delete", NAME, docker=docker).code == 0


def _names(recording: Path, container: str) -> Names | None:
    if not recording.exists():
        return None
    trace = Trace.open(recording)
    try:
        return trace.connections.names(1, container) or None
    finally:
        trace.close()


def _messages(recording: Path) -> int:
    trace = Trace.open(recording)
    try:
        return trace.connections.messages
    finally:
        trace.close()


@contextlib.contextmanager
def running_gvtui(*words: str, docker: Docker) -> Iterator[subprocess.Popen[str]]:
    """gvtui in the background; ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DOCKER_HOST": f"unix://{docker.socket}"},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_SECONDS)
