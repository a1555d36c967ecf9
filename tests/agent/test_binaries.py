from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.agent import binaries
from gvtui.agent.binaries import Binaries
from gvtui.agent.configured import ConfiguredRuntime
from gvtui.agent.running import Hint, SandboxProcess
from gvtui.agent.runsc import RunscError
from tests.agent.fake import FakeRunsc


@pytest.fixture(autouse=True)
def nothing_else_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_PLACES", ())
    monkeypatch.setattr(binaries, "configured_runtimes", list)
    monkeypatch.setenv("PATH", "/nowhere")


def fake(folder: Path, name: str) -> FakeRunsc:
    (folder / name).mkdir()
    return FakeRunsc(folder / name)


def sandbox(root: Path, *paths: str) -> SandboxProcess:
    return SandboxProcess(7, root, "c1", tuple(Hint(path, f"hint {path}") for path in paths))


def test_a_sandbox_s_runsc_is_the_first_that_can_be_used(tmp_path: Path) -> None:
    good, open_ = fake(tmp_path, "good"), fake(tmp_path, "open")
    Path(open_.path).parent.chmod(0o777)
    process = sandbox(tmp_path, "/no/runsc", "/bin/true", open_.path, good.path)
    known = Binaries()
    found = known.of_sandbox(process)
    assert found is not None
    assert (found.runsc.path, found.why) == (good.path, f"hint {good.path}")
    assert [each.path for each in known.refused] == [open_.path]
    assert "others may write to" in known.refused[0].why
    assert open_.calls() == []


def test_a_program_that_knows_no_trace_is_never_chosen(tmp_path: Path) -> None:
    sentry = tmp_path / "runsc"
    sentry.write_text('#!/bin/sh\necho Use "gvisor_sentry flags" >&2\nexit 128\n')
    sentry.chmod(0o755)
    known = Binaries()
    assert known.of_sandbox(sandbox(tmp_path, str(sentry))) is None
    assert known.all([sandbox(tmp_path, str(sentry))]) == []
    assert "knows no trace sessions" in known.refused[0].why


def test_what_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    one, other = fake(tmp_path, "one"), fake(tmp_path, "other")
    Path(one.path).parent.chmod(0o777)
    known = Binaries([one.path, one.path])
    assert [each.runsc.path for each in known.all()] == [one.path]
    assert known.of_sandbox(sandbox(tmp_path, other.path)) is None
    found = known.of_sandbox(sandbox(tmp_path, one.path))
    assert found is not None
    assert found.why == "named with --runsc"
    assert one.calls() == other.calls() == []
    with pytest.raises(RunscError, match="there is no program"):
        Binaries([str(tmp_path / "none")])


def test_the_order_of_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("path", "usual", "docker", "podman", "running")
    made = {name: fake(tmp_path, name).path for name in names}
    monkeypatch.setenv("PATH", str(Path(made["path"]).parent))
    monkeypatch.setattr(binaries, "_PLACES", (made["usual"], made["path"]))
    runtimes = [
        ConfiguredRuntime(engine, "runsc", made[engine], Path("/etc/x"))
        for engine in ("podman", "docker")
    ]
    monkeypatch.setattr(binaries, "configured_runtimes", lambda: runtimes)
    known = Binaries()
    everywhere = [each.runsc.path for each in known.all([sandbox(tmp_path, made["running"])])]
    assert everywhere == [made[n] for n in ("path", "usual", "podman", "docker", "running")]
    root = Path("/run/docker/runtime-runc/moby")
    in_docker = [each.runsc.path for each in known.for_root(root)]
    assert in_docker == [made[n] for n in ("docker", "path", "usual", "podman")]
    assert known.for_root(root)[0].why == "docker's runtime runsc in /etc/x"


def test_a_link_that_others_can_change_is_not_followed(tmp_path: Path) -> None:
    good = fake(tmp_path, "good")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "runsc").symlink_to(good.path)
    shared.chmod(0o777)
    known = Binaries()
    assert known.of_sandbox(sandbox(tmp_path, str(shared / "runsc"))) is None
    found = known.of_sandbox(sandbox(tmp_path, str(shared / "runsc"), good.path))
    assert found is not None
    assert found.runsc.path == good.path
