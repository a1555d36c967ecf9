"""A Docker daemon of a test's own, with every runsc here as a runtime."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.containers import RunscBinary, find_binaries, wait_until
from tests.e2e.tools import absent

IMAGE = "gvtui-test:1"
LOOP = ["sh", "-c", "while :; do cat /etc/hostname > /dev/null; sleep 0.2; done"]
"""A workload that keeps starting a program that opens a file."""

_BUSYBOX = "/bin/busybox"
_APPLETS = ("sh", "cat", "sleep", "true")
_PROGRAMS = ("dockerd", "docker", "containerd", "runc")
_SECONDS = 120


@dataclass
class Docker:
    """A running daemon."""

    folder: Path
    socket: Path

    @property
    def data(self) -> Path:
        """Where it keeps its containers."""
        return self.folder / "data"

    def call(self, *words: str) -> str:
        """What a `docker` command prints; fails the test where it fails."""
        done = subprocess.run(
            ["docker", f"--host=unix://{self.socket}", *words],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextlib.contextmanager
    def container(
        self, binary: RunscBinary, name: str, *options: str, command: list[str] | None = None
    ) -> Iterator[str]:
        """A running container, by its ID; removed at the end."""
        words = ["run", "--detach", "--network=none", f"--runtime={binary.name}", f"--name={name}"]
        container_id = self.call(*words, *options, IMAGE, *(command or LOOP))
        try:
            yield container_id
        finally:
            with contextlib.suppress(AssertionError):
                self.call("rm", "--force", container_id)


def missing() -> str:
    """Why no Docker daemon can run here; "" if one may."""
    if os.geteuid() != 0:
        return "a Docker daemon needs root"
    if lacks := [name for name in _PROGRAMS if shutil.which(name) is None]:
        return f"no {lacks[0]} on this machine"
    linked = subprocess.run([_BUSYBOX, "true"], check=False) if Path(_BUSYBOX).exists() else None
    if linked is None or linked.returncode != 0:
        return f"no {_BUSYBOX} on this machine"
    return ""


@contextlib.contextmanager
def running_docker(folder: Path, flags: list[str] | None = None) -> Iterator[Docker]:
    """A daemon with an image; stopped at the end.

    Args:
        folder: an empty folder; keep its path short, sockets go there.
        flags: more of runsc's own flags, such as `--pod-init-config=FILE`.
    """
    if why := missing():
        absent(why)
    more = ["--network=none", "--ignore-cgroups", *(flags or [])]
    runtimes = {
        each.name: {"path": each.path, "runtimeArgs": [f"--platform={each.platform}", *more]}
        for each in find_binaries()
    }
    config = folder / "daemon.json"
    config.write_text(json.dumps({"runtimes": runtimes}))
    docker = Docker(folder, folder / "d.sock")
    log = folder / "dockerd.log"
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            [
                "dockerd",
                f"--config-file={config}",
                "--storage-driver=vfs",
                "--iptables=false",
                "--ip6tables=false",
                "--bridge=none",
                f"--data-root={docker.data}",
                f"--exec-root={folder / 'exec'}",
                f"--host=unix://{docker.socket}",
                f"--pidfile={folder / 'pid'}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        answers = wait_until(lambda: daemon.poll() is not None or _answers(docker))
        if not answers or daemon.poll() is not None:
            pytest.fail(f"the Docker daemon did not start: {log.read_text()[-2000:]}")
        _import_image(docker)
        yield docker
    finally:
        daemon.terminate()
        daemon.wait(_SECONDS)


def _answers(docker: Docker) -> bool:
    try:
        docker.call("version")
    except AssertionError:
        return False
    return True


def _import_image(docker: Docker) -> None:
    archive = docker.folder / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(os.path.realpath(_BUSYBOX), "bin/busybox")
        for name in _APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname, link.mode = tarfile.SYMTYPE, "busybox", 0o777
            tar.addfile(link)
    docker.call("import", str(archive), IMAGE)
    archive.unlink()
