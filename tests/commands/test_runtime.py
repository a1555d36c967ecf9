from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.agent import binaries, running
from gvtui.agent.discover import take_inventory
from gvtui.agent.running import Hint, SandboxProcess
from gvtui.commands.runtime import (
    RuntimeLookupError,
    find_catalogue,
    find_container,
    relative_to_here,
)
from tests.agent.fake import FakeRunsc


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def test_containers_are_found_or_the_places_named(fake: FakeRunsc) -> None:
    fake.have(*({"id": name, "status": "running", "pid": 1} for name in ("ab", "ac")))
    inventory = take_inventory([fake.path], [fake.root])
    assert find_container(inventory, "ab").id == "ab"
    with pytest.raises(RuntimeLookupError, match="a matches more than one container"):
        find_container(inventory, "a")
    with pytest.raises(RuntimeLookupError, match=f"no container zzz in {fake.root}; name"):
        find_container(inventory, "zzz")
    with pytest.raises(RuntimeLookupError, match="no program"):
        find_container(take_inventory(["/no/such"]), "a")


def test_roots_that_failed_are_named(fake: FakeRunsc) -> None:
    (fake.root / "broken").touch()
    with pytest.raises(RuntimeLookupError, match="reading state: no good"):
        find_container(take_inventory([fake.path], [fake.root]), "c1")


def test_catalogues(fake: FakeRunsc) -> None:
    assert find_catalogue((fake.path,)).source == "runsc 20990101.0"
    assert find_catalogue((fake.path,), bundled=True).is_bundled


def test_points_of_a_runsc_that_only_runs_here(
    fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [SandboxProcess(7, fake.root, "c1", (Hint(fake.path, "it runs it"),))]
    monkeypatch.setattr(running, "sandbox_processes", lambda: found)
    monkeypatch.setattr(binaries, "_PLACES", ())
    monkeypatch.setattr(binaries, "configured_runtimes", list)
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_catalogue(()).source == "runsc 20990101.0"


def test_sockets_are_named_in_full() -> None:
    assert relative_to_here(Path("s")) == str(Path.cwd() / "s")


POD = {
    "io.kubernetes.cri.sandbox-name": "cart",
    "io.kubernetes.cri.sandbox-namespace": "shop",
    "io.kubernetes.cri.sandbox-id": "pause",
}


def test_containers_are_found_by_what_they_are_called(fake: FakeRunsc) -> None:
    web = POD | {"io.kubernetes.cri.container-name": "web"}
    fake.have(
        {"id": "pause", "status": "running", "annotations": POD},
        {"id": "4f5c", "status": "running", "annotations": web},
        {"id": "1a", "status": "running", "annotations": {"nerdctl/name": "db"}},
        {"id": "2b", "status": "running", "annotations": {"nerdctl/name": "1a"}},
    )
    inventory = take_inventory([fake.path], [fake.root])
    for word in ("cart", "shop/cart", "pause", "containerd://pause"):
        assert find_container(inventory, word).id == "pause"
    for word in ("cart/web", "shop/cart/web", "web", "containerd://4f5c", "4f"):
        assert find_container(inventory, word).id == "4f5c"
    # What somebody calls a container like another's ID is not that other.
    assert find_container(inventory, "1a").id == "1a"
    assert find_container(inventory, "db").id == "1a"
    with pytest.raises(RuntimeLookupError, match="no container docker://db in"):
        find_container(inventory, "docker://db")


def test_a_name_of_two_containers_means_neither(fake: FakeRunsc) -> None:
    same = {"nerdctl/name": "web"}
    fake.have(
        {"id": "1a", "status": "running", "annotations": same},
        {"id": "2b", "status": "running", "annotations": same},
    )
    with pytest.raises(RuntimeLookupError, match=r"web \(1a\) in .*, web \(2b\) in ") as error:
        find_container(take_inventory([fake.path], [fake.root]), "web")
    assert "web matches more than one container" in str(error.value)
