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
