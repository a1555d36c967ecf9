"""Sandboxes whose runsc nobody names: found by their processes, as gVisor's releases lay it out.

What else runs on this machine may be seen and is never looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.abilities import SENTRY, SIDECAR_FOLDER, missing_sidecar
from gvtui.agent.discover import Inventory, take_inventory
from gvtui.agent.running import own_runsc
from gvtui.agent.runsc import Runsc
from gvtui.agent.scratch import scratch_folder
from gvtui.commands.doctor import check_runsc
from gvtui.points.runsc_command import parse_runsc_command, value_flags
from tests.e2e.commands import called, gvtui
from tests.e2e.containers import (
    Container,
    Listener,
    RunscBinary,
    find_binaries,
    oldest,
    only_in_path,
    running_container,
    wait_until,
)
from tests.e2e.tools import absent, compiled

pytestmark = pytest.mark.e2e

OPENAT = "syscall/openat/enter"


def row_of(container: Container) -> dict[str, Any]:
    """What `session list` says of a container, whatever else it lists."""
    values = json.loads(called("session", "list", "--json").out)
    [row] = [each for each in values["sandboxes"] if each["id"] == container.id]
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize("in_path", ["no runsc", "the oldest runsc"])
def test_a_session_is_listed_applied_and_deleted_with_nothing_named(
    shared: Container,
    listener: Listener,
    in_path: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    old = oldest()
    if in_path == "the oldest runsc" and old is not None:
        (folder / "runsc").symlink_to(old.path)
    monkeypatch.setenv("PATH", str(folder))
    row = row_of(shared)
    assert (row["status"], row["error"], row["sessions"]) == ("running", "", [])
    assert os.path.samefile(row["runsc"], shared.binary.path)
    assert row["root"] == str(shared.root)

    made, _ = gvtui("session", "new", "--point", OPENAT, "--endpoint", listener.path)
    session = tmp_path / "session.json"
    session.write_text(made)
    done = called("session", "apply", session, shared.id)
    assert (done.code, done.err) == (0, "")
    assert wait_until(lambda: listener.connections[-1].points()[OPENAT] > 0)
    [running] = row_of(shared)["sessions"]
    assert running["sinks"][0]["name"] == "remote"
    told = called("session", "list", "-v").out.splitlines()
    place = next(place for place, line in enumerate(told) if line.startswith(shared.id))
    assert told[place + 1].startswith(f"  by {row['runsc']} (")

    done = called("session", "delete", shared.id)
    assert (done.code, done.err) == (0, "")
    assert row_of(shared)["sessions"] == []


def with_sidecars() -> RunscBinary:
    """A runsc laid out as gVisor's releases are since August 2026."""
    for each in reversed(find_binaries()):
        if (Path(each.path).parent / SIDECAR_FOLDER / SENTRY).is_file():
            return each
    absent("no runsc in the layout of gVisor's releases")


@pytest.fixture
def copied() -> Iterator[RunscBinary]:
    """That runsc in a folder of its own, for tests that change the layout."""
    original = with_sidecars()
    with scratch_folder("gv") as folder:
        release = folder / "release"
        shutil.copytree(Path(original.path).parent, release)
        yield replace(original, path=str(release / "runsc"))


def listed(container: Container, inventory: Inventory) -> tuple[str, str, str]:
    """Status, runsc and why it is used, of a container found with nothing named but its root."""
    [found] = [each for each in inventory.containers if each.id == container.id]
    return found.status, found.runsc.path, found.runsc_why


def warm(binary: RunscBinary, *flags: str) -> Path:
    """Put the stand-in for the prewarmer where runsc starts sandboxes by one."""
    place = Path(binary.path).parent / SIDECAR_FOLDER / "gvisor-sentry-prewarmer"
    return compiled("prewarmer.c", place, *flags)


@pytest.mark.parametrize("flags", [[], ["-DFORKS"]], ids=["execs", "forks"])
def test_a_sandbox_that_a_prewarmer_started(
    copied: RunscBinary,
    flags: list[str],
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prewarmer = warm(copied, *flags)
    only_in_path(monkeypatch, tmp_path, None)
    with running_container(copied, tmp_path / "c") as container:
        [row] = container_values(container)
        runs = os.readlink(f"/proc/{row['pid']}/exe")
        assert runs == (str(prewarmer) if flags else str(prewarmer.with_name(SENTRY)))
        folder = Path(copied.path).parent / SIDECAR_FOLDER
        why = f"beside its sandbox's {folder}"
        found = listed(container, take_inventory((), [container.root]))
        assert found == ("running", copied.path, why)


def container_values(container: Container) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = json.loads(container.runsc("list", "-format=json").stdout)
    return values


def test_a_release_replaced_while_its_sandbox_runs(
    copied: RunscBinary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_in_path(monkeypatch, tmp_path, oldest())
    with running_container(copied, tmp_path / "c") as container:
        release = Path(copied.path).parent
        new = release.with_name("new")
        shutil.copytree(release, new)
        for name in (f"{SIDECAR_FOLDER}/{SENTRY}", "runsc"):
            (new / name).replace(release / name)
        inventory = take_inventory((), [container.root])
        status, path, _ = listed(container, inventory)
        assert (status, path) == ("running", copied.path)
        # The points are those of the release that the sandbox was started by, still run by its gofer.
        [found] = inventory.containers
        own = own_runsc(found)
        assert own is not None
        assert own.path.startswith("/proc/")
        assert not os.path.samefile(own.path, copied.path)
        assert str(copied.date) in own.version()


def test_a_runsc_that_others_may_write_is_not_run(
    copied: RunscBinary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_in_path(monkeypatch, tmp_path, oldest())
    with running_container(copied, tmp_path / "c") as container:
        folder = Path(copied.path).parent
        folder.chmod(0o777)
        inventory = take_inventory((), [container.root])
        assert copied.path not in [each.path for each in inventory.binaries]
        [refused] = [each for each in inventory.refused if each.path == copied.path]
        assert refused.why == f"is not safe to run: others may write to {folder}"
        if copied.date != getattr(oldest(), "date", 0):
            [report] = inventory.roots
            assert f"{container.id} runs as pid" in report.error
            assert f"{copied.path}, {refused.why}; name it with --runsc" in report.error
        folder.chmod(0o755)


def test_the_sandbox_s_program_that_is_missing(copied: RunscBinary) -> None:
    assert missing_sidecar(Runsc(copied.path)) is None
    sentry = Path(copied.path).parent / SIDECAR_FOLDER / SENTRY
    shutil.rmtree(sentry.parent)
    assert missing_sidecar(Runsc(copied.path)) == sentry
    told = {each.subject: each for each in check_runsc(copied.path)}
    assert f"{sentry} is missing" in told["gvisor-bin"].text
    # It still runs sandboxes, from the copy that it carries.
    assert told["sandbox"].text.startswith("runs with")


def test_the_table_of_flags_is_that_of_the_binary(binary: RunscBinary) -> None:
    said = subprocess.run([binary.path, "flags"], capture_output=True, text=True, check=True)
    flags = value_flags(said.stdout + said.stderr)
    assert {"root", "network", "pod-init-config"} <= flags
    for flag in sorted(flags):
        command = parse_runsc_command([binary.path, f"--{flag}", "run", "run", "c1"])
        # A value that reads like a subcommand is one only after a flag that takes none.
        takes_value = command.arguments == ("c1",)
        assert takes_value or flag == "gvisor-gro", flag


def test_the_command_lines_of_real_sandboxes_are_understood(shared: Container) -> None:
    [row] = container_values(shared)
    raw = Path(f"/proc/{row['pid']}/cmdline").read_bytes()
    command = parse_runsc_command([word.decode() for word in raw.split(b"\0") if word])
    assert command.subcommand == "boot"
    assert command.flags["root"] == str(shared.root)
    assert command.flags["network"] == "none"
    assert command.arguments == (shared.id,)
    assert "bundle" in command.options
