from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.agent.configured import configured_runtimes, traced_runtimes


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def write(top: Path, path: str, text: str) -> Path:
    file = top / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def found(top: Path) -> list[tuple[str, str, str]]:
    return [(each.engine, each.name, each.path) for each in configured_runtimes(top)]


def test_docker_s_runtimes(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "etc/docker/daemon.json",
        """{"runtimes": {
            "runsc": {"path": "/opt/g/runsc", "runtimeArgs": ["--debug"]},
            "kata": {"path": "/usr/bin/kata"},
            "traced": {"path": "/opt/g/runsc-traced"},
            "shim": {"runtimeType": "io.containerd.runsc.v1",
                     "options": {"ConfigPath": "/etc/containerd/other.toml"}}}}""",
    )
    write(tmp_path, "etc/containerd/other.toml", 'binary_name = "/opt/h/runsc"\n')
    assert found(tmp_path) == [
        ("docker", "runsc", "/opt/g/runsc"),
        ("docker", "traced", "/opt/g/runsc-traced"),
        ("docker", "shim", "/opt/h/runsc"),
    ]
    assert configured_runtimes(tmp_path)[0].why == f"docker's runtime runsc in {file}"


def test_containerd_s_runtimes(tmp_path: Path) -> None:
    write(
        tmp_path,
        "etc/containerd/config.toml",
        """
version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "/usr/bin/runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.gvisor]
runtime_type = "io.containerd.runsc.v1"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.gvisor.options]
BinaryName = "/opt/g/renamed"
""",
    )
    write(tmp_path, "etc/containerd/runsc.toml", 'binary_name = "/opt/g/runsc"\n')
    assert found(tmp_path) == [
        ("containerd", "gvisor", "/opt/g/renamed"),
        ("containerd", "runsc", "/opt/g/runsc"),
    ]


def test_cri_o_s_and_podman_s_runtimes(tmp_path: Path) -> None:
    write(
        tmp_path,
        "etc/crio/crio.conf.d/10-gvisor.conf",
        '[crio.runtime.runtimes.runsc]\nruntime_path = "/opt/c/runsc"\n',
    )
    write(
        tmp_path,
        "etc/containers/containers.conf",
        '[engine.runtimes]\nrunsc = ["/opt/p/runsc", "/opt/q/runsc"]\ncrun = ["/usr/bin/crun"]\n',
    )
    assert found(tmp_path) == [
        ("crio", "runsc", "/opt/c/runsc"),
        ("podman", "runsc", "/opt/p/runsc"),
        ("podman", "runsc", "/opt/q/runsc"),
    ]


def test_nothing_configured(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"runtimes": 5}', '{"runtimes": {"runsc": 5}}', '{"runtimes": {"runsc": {"path": 5}}}',
     '{"runtimes": {"runsc": {"path": "", "options": 7}}}', "[" * 5000],
)  # fmt: skip
def test_files_that_say_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path, "etc/docker/daemon.json", text)
    write(tmp_path, "etc/containerd/config.toml", text)
    assert found(tmp_path) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_in_a_file(tmp_path: Path, content: bytes) -> None:
    file = write(tmp_path, "etc/containerd/config.toml", "")
    file.write_bytes(content)
    configured_runtimes(tmp_path)


def test_runtimes_that_start_containers_with_a_pod_init_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        "etc/docker/daemon.json",
        """{"runtimes": {
            "runsc": {"path": "/opt/g/runsc", "runtimeArgs": ["--debug", 7]},
            "one": {"path": "/opt/g/runsc", "runtimeArgs": ["--pod-init-config=/etc/a.json"]},
            "two": {"path": "/opt/g/runsc", "runtimeArgs": ["-pod-init-config", "/etc/b.json"]},
            "end": {"path": "/opt/g/runsc", "runtimeArgs": ["--pod-init-config"]},
            "odd": {"path": "/opt/g/runsc", "runtimeArgs": "--pod-init-config=/etc/c.json"}}}""",
    )
    write(
        tmp_path,
        "etc/containerd/config.toml",
        """
version = 3
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.gvisor]
runtime_type = "io.containerd.runsc.v1"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.gvisor.options]
ConfigPath = "/etc/containerd/traced.toml"
""",
    )
    write(
        tmp_path,
        "etc/containerd/traced.toml",
        'binary_name = "/opt/g/runsc"\n[runsc_config]\npod-init-config = "/etc/d.json"\n',
    )
    write(
        tmp_path,
        "etc/crio/crio.conf.d/50-t.conf",
        '[crio.runtime.runtimes.runsc-t]\nruntime_path = "/opt/containerd-shim-runsc-v1"\n'
        'runtime_type = "vm"\nruntime_config_path = "/etc/containerd/traced.toml"\n',
    )
    assert [(each.engine, each.name, each.pod_init) for each in traced_runtimes(tmp_path)] == [
        ("docker", "one", "/etc/a.json"),
        ("docker", "two", "/etc/b.json"),
        ("containerd", "gvisor", "/etc/d.json"),
        ("crio", "runsc-t", "/etc/d.json"),
    ]
