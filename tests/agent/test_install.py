from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from gvtui.agent.install import EnginesHere, engines_here, how_to_install, install_words, users_of

CONTAINERD = "containerd"
FILE = Path("/etc/gvtui-pod-init.json")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without container engines."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, text: str = "") -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def write(top: Path, name: str, text: str) -> None:
    place = top / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def blocks(text: str) -> list[str]:
    """The configurations in the instructions: their lines are tables and what stands in them."""
    return [part for part in text.split("\n\n") if part.startswith(("[", "binary_name"))]


def test_instructions_name_the_file(tmp_path: Path) -> None:
    text = how_to_install(tmp_path / "a b.json", "/opt/runsc")
    assert f"\\\n    '--pod-init-config={tmp_path}/a b.json'" in text
    assert "sudo /opt/runsc install --runtime=runsc-trace" in text
    assert f'pod-init-config = "{tmp_path}/a b.json"' in text
    assert f"--runtime-flag 'pod-init-config={tmp_path}/a b.json' \\\n" in text


def test_the_instructions_fit_a_small_terminal() -> None:
    text = how_to_install(FILE)
    lines = [line for line in text.splitlines() if line[:1] in (" ", "[")]
    assert max(map(len, lines)) <= 77


def test_each_configuration_is_toml() -> None:
    text = how_to_install(Path('/etc/"quoted".json'), "/opt/runsc")
    configurations = [tomllib.loads(block) for block in blocks(text)]
    shims = [each for each in configurations if "runsc_config" in each]
    assert shims == 2 * [
        {"binary_name": "/opt/runsc", "runsc_config": {"pod-init-config": '/etc/"quoted".json'}}
    ]
    plugins = [name for each in configurations for name in each.get("plugins", ())]
    assert plugins == ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"]


def test_only_the_engines_that_are_here_are_told() -> None:
    text = how_to_install(FILE, engines=EnginesHere(("containerd",), 3))
    assert "io.containerd.cri.v1.runtime" in text
    assert "io.containerd.grpc.v1.cri" not in text
    assert "Docker" not in text
    assert "podman" not in text
    assert "runsc by hand" in text


def test_engines_are_known_by_programs_and_folders(tmp_path: Path, programs: Path) -> None:
    assert engines_here(tmp_path) == EnginesHere()
    program(programs, "podman")
    (tmp_path / "etc" / "docker").mkdir(parents=True)
    assert engines_here(tmp_path) == EnginesHere(("docker", "podman"))


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1", 2),
        ("containerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7193e4e490", 3),
        ("containerd", None),
        ("containerd of something", None),
    ],
)
def test_the_version_of_containerd_s_configuration(
    tmp_path: Path, programs: Path, said: str, version: int | None
) -> None:
    program(programs, CONTAINERD, f"echo '{said}'")
    assert engines_here(tmp_path).containerd_version == version
    write(tmp_path, "etc/containerd/config.toml", "version = 2\n")
    assert engines_here(tmp_path).containerd_version == 2
    write(tmp_path, "etc/containerd/config.toml", "version = [\n")
    assert engines_here(tmp_path).containerd_version == version


def test_who_starts_containers_with_the_file_is_told(tmp_path: Path, programs: Path) -> None:
    table = "io.containerd.grpc.v1.cri"
    entry = f"""
[plugins."{table}".containerd.runtimes.runsc-trace.options]
ConfigPath = "/etc/containerd/runsc-trace.toml"
"""
    write(tmp_path, "etc/containerd/config.toml", entry)
    write(
        tmp_path,
        "etc/containerd/runsc-trace.toml",
        f'binary_name = "/opt/runsc"\n[runsc_config]\npod-init-config = "{FILE}"\n',
    )
    write(
        tmp_path,
        "etc/docker/daemon.json",
        json.dumps(
            {"runtimes": {"x": {"path": "/opt/runsc", "runtimeArgs": [f"-pod-init-config={FILE}"]}}}
        ),
    )
    shim = tmp_path / "etc/containerd/runsc-trace.toml"
    docker = f"docker's runtime x in {tmp_path}/etc/docker/daemon.json starts containers with it"
    read = f"containerd's runtime runsc-trace in {shim} starts containers with it"
    engines = EnginesHere(("containerd", "docker"))
    assert users_of(FILE, engines, tmp_path) == [docker, read]
    program(programs, CONTAINERD, f"printf '%s' '{entry}'")
    assert users_of(FILE, engines, tmp_path) == [docker, read]
    program(programs, CONTAINERD, "echo 'version = 3'")
    assert users_of(FILE, engines, tmp_path)[1].endswith("does not read that table: see above")
    assert users_of(Path("/etc/another.json"), engines, tmp_path) == []


def test_without_engines_all_is_told(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.agent.install.engines_here", EnginesHere)
    monkeypatch.setattr("gvtui.agent.install.users_of", lambda *_: ["docker does"])
    text = install_words(FILE)
    assert text == how_to_install(FILE) + "\nHere, docker does.\n"


@pytest.mark.skipif(shutil.which(CONTAINERD) is None, reason="containerd is not installed here")
def test_the_containerd_of_this_machine_reads_what_it_is_told(tmp_path: Path) -> None:
    version = engines_here(tmp_path).containerd_version
    assert version is not None
    text = how_to_install(FILE, engines=EnginesHere(("containerd",), version))
    config = tmp_path / "config.toml"
    config.write_text(f"version = {version}\n{blocks(text)[0]}\n")
    done = subprocess.run(
        [CONTAINERD, "--config", str(config), "config", "dump"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert 'ConfigPath = "/etc/containerd/runsc-trace.toml"' in done.stdout.replace("'", '"')
