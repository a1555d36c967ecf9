"""Containers of a real Docker daemon, with every runsc here: shown and addressed by their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gvtui.agent.scratch import scratch_folder
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, running_container
from tests.e2e.docker import IMAGE, Docker, running_docker

pytestmark = pytest.mark.e2e

NAME = "web-frontend"


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


def gvtui(*words: str, docker: Docker | None = None) -> subprocess.CompletedProcess[str]:
    """Call gvtui; with a Docker daemon, as a user whose Docker that is."""
    host = {"DOCKER_HOST": f"unix://{docker.socket}"} if docker is not None else {}
    return subprocess.run(
        [sys.executable, "-m", "gvtui", *words],
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        env={**os.environ, **host},
        check=False,
    )


@pytest.mark.parametrize("asks", [True, False], ids=["socket", "files"])
def test_containers_are_listed_by_name(docker: Docker, container: str, asks: bool) -> None:
    listed = gvtui("session", "list", "--json", docker=docker if asks else None)
    [row] = [each for each in json.loads(listed.stdout)["sandboxes"] if each["id"] == container]
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
        assert done.stdout == f"{NAME} ({container}): there was no session\n", done.stderr


def test_two_of_one_name_are_listed(docker: Docker, container: str, binary: RunscBinary) -> None:
    """Docker gives a name once; a container that calls itself so elsewhere is another."""
    with scratch_folder("gv") as folder:
        other = {"nerdctl/name": NAME}
        with running_container(binary, folder, annotations=other) as same:
            done = gvtui("session", "delete", NAME, docker=docker)
            assert done.returncode == 1
            assert "matches more than one container" in done.stderr
            assert f"({container})" in done.stderr
            assert f"({same.id})" in done.stderr
