"""Real sandboxes for tests: bundles, containers that start and stop, and a listener for what they send."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent import binaries
from gvtui.agent.abilities import flags_text
from gvtui.agent.runsc import Runsc
from gvtui.points.bundled import version_date
from gvtui.points.names import point_name
from gvtui.points.syscalls import host_architecture
from gvtui.wire.handshake import build_handshake
from gvtui.wire.messages import Decoded, Unknown, decode, direction
from tests.e2e.tools import absent

WAIT_SECONDS = 120.0
BUSY_LOOP = ["/bin/sh", "-c", "while :; do cat /etc/hostname > /dev/null; sleep 0.1; done"]
"""A workload that keeps making processes, opening a file and sleeping."""


@dataclass(frozen=True)
class RunscBinary:
    """A runsc to test with."""

    path: str
    date: int
    """The release's date, as 20240729; 0 if the version does not tell."""
    platform: str = "ptrace"
    """The platform that needs no KVM: systrap where the binary has it, ptrace elsewhere."""

    @property
    def name(self) -> str:
        """A name for test ids."""
        return f"runsc-{self.date}"


def find_binaries() -> list[RunscBinary]:
    """Every runsc on this machine, oldest first.

    `GVTUI_TEST_RUNSC` (paths parted by colons) says which; else the one in PATH.
    """
    named = os.environ.get("GVTUI_TEST_RUNSC")
    places = named.split(":") if named else [shutil.which("runsc") or ""]
    found = []
    for place in dict.fromkeys(places):
        if not place or not os.access(place, os.X_OK):
            continue
        told = subprocess.run(
            [place, "--version"], capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
        ).stdout
        date = version_date(told)
        has_systrap = "systrap" in flags_text(Runsc(place))
        platform = "systrap" if has_systrap else "ptrace"
        found.append(RunscBinary(place, int(f"{date:%Y%m%d}") if date else 0, platform))
    return sorted(found, key=lambda binary: binary.date)


def oldest() -> RunscBinary | None:
    """The oldest runsc here."""
    return next(iter(find_binaries()), None)


def only_in_path(monkeypatch: pytest.MonkeyPatch, folder: Path, binary: RunscBinary | None) -> None:
    """Have PATH lead to this runsc or none, and no other be in a usual place or configured."""
    place = folder / "bin"
    place.mkdir()
    if binary is not None:
        (place / "runsc").symlink_to(binary.path)
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.setattr(binaries, "_PLACES", ())
    monkeypatch.setattr(binaries, "configured_runtimes", list)


def binaries_as_params() -> list[Any]:
    """Parameters for a test that runs with each runsc; one that skips or fails where there is none."""
    found: list[RunscBinary | None] = [*find_binaries()] or [None]
    return [pytest.param(binary, id=binary.name if binary else "none") for binary in found]


def need(binary: RunscBinary | None) -> RunscBinary:
    """The binary; without one the test is skipped, or fails if `GVTUI_REQUIRE_RUNSC` is 1."""
    if binary is None:
        absent("no runsc on this machine")
    return binary


@dataclass
class Container:
    """A container that runs until `stop`."""

    binary: RunscBinary
    root: Path
    id: str
    bundle: Path

    def runsc(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Call runsc with this container's root."""
        return run_runsc(self.binary, self.root, *words, check=check)

    def stop(self) -> None:
        """End the container and forget it."""
        self.runsc("kill", self.id, "KILL", check=False)
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if self.runsc("delete", "--force", self.id, check=False).returncode == 0:
                return
            time.sleep(0.05)


def run_runsc(
    binary: RunscBinary, root: Path, *words: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Call a runsc with a root; fails the test where `check` is set and it refuses."""
    done = subprocess.run(
        [binary.path, f"--root={root}", *words],
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


def write_bundle(folder: Path, args: list[str], annotations: dict[str, str] | None = None) -> Path:
    """A bundle whose root is this machine's, read-only."""
    folder.mkdir(parents=True, exist_ok=True)
    spaces = ("pid", "mount", "ipc", "uts", "network")
    config = {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": args,
            "env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
            "cwd": "/",
        },
        "root": {"path": "/", "readonly": True},
        "hostname": "sandbox",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"},
        ],
        "linux": {"namespaces": [{"type": space} for space in spaces]},
        "annotations": annotations or {},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def start_container(
    binary: RunscBinary,
    folder: Path,
    args: list[str] | None = None,
    *,
    container_id: str | None = None,
    root: Path | None = None,
    flags: list[str] | None = None,
    annotations: dict[str, str] | None = None,
) -> Container:
    """Start a container in the background.

    Args:
        binary: the runsc to start it with.
        folder: an empty folder for bundle and root; keep its path short, sockets go there.
        args: the workload; `BUSY_LOOP` if not given.
        container_id: its ID; made up if not given.
        root: runsc's root; a folder beside the bundle if not given.
        flags: more of runsc's own flags, such as `--pod-init-config=FILE`.
        annotations: of the bundle, as for a pod's containers.
    """
    container_id = container_id or f"gvtui-test-{uuid.uuid4().hex[:12]}"
    root = root or folder / "root"
    bundle = write_bundle(folder / container_id, args or BUSY_LOOP, annotations)
    return start_bundle(binary, root, bundle, container_id, flags=flags)


def start_bundle(
    binary: RunscBinary,
    root: Path,
    bundle: Path,
    container_id: str,
    *,
    flags: list[str] | None = None,
) -> Container:
    """As `start_container`, of a bundle that is there; what it prints goes to a file beside it."""
    container = Container(binary, root, container_id, bundle)
    output = bundle.with_name(f"{container_id}.out")
    with output.open("wb") as out:
        done = subprocess.run(
            [
                binary.path,
                f"--root={root}",
                f"--platform={binary.platform}",
                "--network=none",
                "--ignore-cgroups",
                *(flags or []),
                "run",
                "-detach",
                "-bundle",
                str(bundle),
                container_id,
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        pytest.fail(f"the sandbox did not start: {output.read_text(errors='replace')[-2000:]}")
    return container


@contextlib.contextmanager
def running_container(
    binary: RunscBinary, folder: Path, args: list[str] | None = None, **more: Any
) -> Iterator[Container]:
    """`start_container`, stopped at the end."""
    container = start_container(binary, folder, args, **more)
    try:
        yield container
    finally:
        container.stop()


@dataclass
class Received:
    """One connection to a `Listener`, with what it sent."""

    pid: int
    messages: list[Decoded] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def closed(self) -> bool:
        """Whether the sandbox, or runsc, has closed it."""
        return self.ended.is_set()

    def points(self) -> Counter[str]:
        """How many messages of each point came, as `syscall/openat/enter`."""
        return Counter(_point(message) for message in list(self.messages))


def _point(decoded: Decoded) -> str:
    kind, message = decoded.kind, decoded.message
    if kind is None or isinstance(message, Unknown):
        return f"unknown/{decoded.header.message_type}"
    sysno = getattr(message, "sysno", 0)
    side = direction(kind, message)
    return point_name(decoded.header.message_type, sysno, side, host_architecture())


class Listener:
    """A monitor that only collects: accepts, shakes hands, decodes. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connections: list[Received] = []
        self.answering = threading.Event()
        """Cleared, connections are accepted and their handshakes left unanswered."""
        self.answering.set()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(str(path))
        self._server.listen(64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Listener:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._accepting.join(WAIT_SECONDS)
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            received = Received(struct.unpack("iII", raw)[0])
            self.connections.append(received)
            threading.Thread(target=self._take, args=(connection, received), daemon=True).start()

    def _take(self, connection: socket.socket, received: Received) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(1 << 16)
            self.answering.wait(WAIT_SECONDS)
            connection.send(build_handshake())
            while datagram := connection.recv(1 << 20):
                received.messages.append(decode(datagram))
        received.ended.set()

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Wait until the condition holds; False if it has not in time."""
        return wait_until(condition)


def wait_until(condition: Callable[[], bool]) -> bool:
    """Poll for what another process does; False if it has not come in time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
