from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.naming.engines import DOCKER, PODMAN, Engines, engine_of
from gvtui.agent.naming.spec import Spec
from gvtui.trace.names import Names

ID = "4f" * 32
OTHER = "5a" * 32


def silent(place: Path) -> list[dict[str, Any]] | None:
    return None


@pytest.fixture(autouse=True)
def no_real_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "gvtui.agent.naming.socket.sockets", lambda engine: [tmp_path / f"{engine}.sock"]
    )


def docker_files(data: Path, container: str, said: str | None = None) -> Spec:
    folder = data / "containers" / container
    folder.mkdir(parents=True)
    state = {
        "ID": said or container,
        "Name": "/web-frontend",
        "Config": {"Image": "shop/web:3", "Labels": {"team": "pay"}},
    }
    (folder / "config.v2.json").write_text(json.dumps(state))
    return Spec(container, f"/run/x/moby/{container}", {}, (f"{folder}/hostname",))


def podman_files(store: Path, container: str) -> Spec:
    bundle = store / "overlay-containers" / container / "userdata"
    bundle.mkdir(parents=True)
    told = [
        {"id": OTHER, "names": ["other"]},
        {"id": container, "names": ["db"], "metadata": json.dumps({"image-name": "pg:15"})},
    ]
    (store / "overlay-containers" / "containers.json").write_text(json.dumps(told))
    return Spec(container, str(bundle), {"io.container.manager": "libpod"})


def test_who_manages_a_container() -> None:
    assert engine_of(Spec(ID, f"/run/containerd/io.containerd.runtime.v2.task/moby/{ID}")) == DOCKER
    assert engine_of(Spec(ID, "/x", {}, (f"/d/containers/{ID}/hosts",))) == DOCKER
    assert engine_of(Spec(ID, "/x", {}, (f"/d/containers/{OTHER}/hosts",))) == ""
    assert engine_of(Spec(ID, "/x", {"io.container.manager": "libpod"})) == PODMAN
    assert engine_of(Spec("web", "/x/moby/web")) == ""


def test_the_socket_tells_before_the_files(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = [
        {"Id": OTHER, "Names": ["/other"]},
        {"Id": ID, "Names": ["/app/link", "/renamed"], "Image": "i", "Labels": {"a": "b", "c": 1}},
        {"Id": 4, "Names": 5},
    ]
    spec = docker_files(tmp_path, ID)
    found = Engines(lambda place: told).names(DOCKER, [spec])
    assert found == {ID: Names("docker", "renamed", "i", labels={"a": "b", "c": ""})}


def test_files_tell_where_no_socket_does(tmp_path: Path) -> None:
    spec = docker_files(tmp_path, ID)
    expected = Names("docker", "web-frontend", "shop/web:3", labels={"team": "pay"})
    assert Engines(silent).names(DOCKER, [spec]) == {ID: expected}
    spec = podman_files(tmp_path, ID)
    assert Engines(silent).names(PODMAN, [spec]) == {ID: Names("podman", "db", "pg:15")}


def test_files_of_another_container_tell_nothing(tmp_path: Path) -> None:
    spec = docker_files(tmp_path, ID, said=OTHER)
    assert Engines(silent).names(DOCKER, [spec]) == {}
    assert Engines(silent).names(PODMAN, [Spec(ID, "/x/userdata")]) == {}


def test_a_silent_engine_is_left_alone_for_a_while() -> None:
    asked: list[Path] = []
    now = 100.0

    def ask(place: Path) -> None:
        asked.append(place)

    engines = Engines(ask, lambda: now)
    for _ in range(3):
        engines.names(DOCKER, [Spec(ID)])
    assert len(asked) == 1
    now += 31
    engines.names(DOCKER, [Spec(ID)])
    assert len(asked) == 2
