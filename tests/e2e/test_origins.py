"""A sandbox in which somebody plays an intruder, and what gvtui says of it with each runsc.

The newest gVisor tells where programs came from, what they are joined to, and who came in from
outside. Older ones do not, and then nothing of it may be said.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import gvtui, json_lines
from tests.e2e.containers import (
    Container,
    RunscBinary,
    start_bundle,
    wait_until,
    write_bundle,
)
from tests.e2e.recorded import recording
from tests.e2e.tools import compiled, need_tools

pytestmark = pytest.mark.e2e

QUIET = ("/bin/busybox", "sleep", "999")
"""What comes in from outside and does nothing."""
SINCE = 20260101
"""The date from which on releases tell what this is about."""
BUSYBOX = Path("/bin/busybox")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tools("busybox")
    return compiled("origin_program.c", tmp_path_factory.mktemp("origins") / "play")


def bundle_of(folder: Path, program: Path) -> Path:
    """A bundle with a root of its own, which may be written to."""
    bundle = write_bundle(folder / "bundle", ["/bin/busybox", "sleep", "1000"])
    binaries = bundle / "rootfs" / "bin"
    binaries.mkdir(parents=True)
    for place in ("proc", "tmp", "dev"):
        (bundle / "rootfs" / place).mkdir()
    shutil.copy(BUSYBOX.resolve(), binaries / "busybox")
    shutil.copy(BUSYBOX.resolve(), binaries / "victim")
    shutil.copy(program, binaries / "play")
    config = json.loads((bundle / "config.json").read_text())
    config["root"] = {"path": "rootfs", "readonly": False}
    (bundle / "config.json").write_text(json.dumps(config))
    return bundle


class Play:
    """What was recorded while it was played."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, text: str, *options: str) -> list[dict[str, Any]]:
        return json_lines(self.path, "--filter", text, *options)

    def told(self, text: str) -> set[str]:
        """The last arguments of the programs that began in the rows that pass."""
        return {
            row["fields"]["argv"][-1] for row in self.rows(f"evt.type = sentry/execve and {text}")
        }


def play(binary: RunscBinary, folder: Path, program: Path) -> Play:
    bundle = bundle_of(folder, program)
    with recording(folder) as one:
        pod_init = folder / "pod.json"
        made = ("session", "new", "--preset", "security", "--pod-init", "--runsc", binary.path)
        gvtui(
            *made,
            "--context",
            "+credentials",
            "--endpoint",
            one.socket,
            "--out",
            pod_init,
        )
        gvtui("session", "check", "--runsc", binary.path, pod_init)
        flags = [f"--pod-init-config={pod_init}"]
        container = start_bundle(binary, folder / "root", bundle, "played", flags=flags)
        quiet = subprocess.Popen(
            [binary.path, f"--root={container.root}", "exec", container.id, *QUIET],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert wait_until(lambda: running(container) == 2)
            assert "played" in container.runsc("exec", container.id, "/bin/play").stdout
        finally:
            container.stop()
            quiet.kill()
            quiet.wait()
        one.wait_for(1)
        one.end().close()
    return Play(one.path)


@pytest.fixture
def played(binary: RunscBinary, folder: Path, program: Path) -> Play:
    return play(binary, folder, program)


ORIGINS = {
    "new": {"on-the-root"},
    "elsewhere": {"on-tmp"},
    "modified": {"modified"},
    "memory": {"in-memory"},
}


def test_what_was_played_is_told(played: Play, binary: RunscBinary) -> None:
    argv = {
        "on-the-root", "on-tmp", "modified", "of-the-image", "in-memory", r"true\n", "sh", "8081",
    }  # fmt: skip
    assert argv <= played.told("proc.pid > 1")
    made, _ = gvtui("report", played.path, "--format", "json")
    sections = {each["key"]: each["lines"] for each in json.loads(made)["sections"]}
    assert sections["traced"]
    assert sections["listening"]
    # Neither close nor socket is traced: a descriptor stands for one socket after the other.
    assert {line["what"] for line in sections["listening"]} == {"127.0.0.1:8081", "127.0.0.1:8082"}
    rows = played.rows("evt.type in (sentry/execve, sentry/mmap)")
    text, _ = gvtui("report", played.path)
    if binary.date < SINCE:
        # What cannot be known is not said.
        assert {row["from"] for row in rows} == {None}
        assert {row.get("notice") for row in rows} == {None}
        assert "shell on a socket" not in text
        assert "shell fed by" not in text
        assert "from image" not in text
        assert "not from the image" not in text
        assert text.count("gVisor tells it since 2026") == 2
        assert played.rows("evt.origin exists") == []
        for field in ("exe_origin", "is_exe_upper_layer", "exe_ino", "sha256", "stdin.type"):
            assert played.rows(f"proc.{field} exists") == []
        return
    for origin, expected in ORIGINS.items():
        assert played.told(f"proc.exe_origin = {origin}") == expected
    assert "of-the-image" in played.told("proc.is_exe_lower_layer = true")
    assert played.told("proc.is_exe_upper_layer = true") == {"on-the-root", "modified"}
    assert played.told("proc.is_exe_from_memfd = true") == {"in-memory"}
    assert "on-the-root" in played.told("proc.exe_writable = true")
    # All of them are copies of one program.
    digest = hashlib.sha256(BUSYBOX.read_bytes()).hexdigest()
    assert {"on-the-root", "in-memory"} <= played.told(f"proc.sha256 = {digest[:12]}")
    assert played.told("proc.stdin.type = ipv4") == {"sh"}
    assert played.told("evt.arg.stdin.socket.remote = 127.0.0.1:8082") == {"sh"}
    fed, shell = [row for row in rows if row.get("notice")]
    assert fed["notice"].startswith("shell fed by ")
    assert fed["notice"].endswith(", which connected to 127.0.0.1:8081")
    assert shell["notice"].startswith("shell on a socket 127.0.0.1:")
    assert shell["notice"].endswith(" ⇄ 127.0.0.1:8082")
    assert "which connected to 127.0.0.1:8081" in text
    assert "ran, 4 of them not from the image" in text
    assert {row["pid"] for row in played.rows("evt.origin = memory")} == {
        row["pid"] for row in rows if row["from"] == "memory"
    }
    mapped = {(line["what"], line["details"].partition(",")[0]) for line in sections["mapped"]}
    assert mapped == {("anonymous executable memory", "MEMORY"), ("/dropped", "NEW")}
    came = {line["what"] for line in sections["sessions"]}
    assert len(came) == 2
    # All rows of a session can be left out, its exits too, of which gVisor does not say it.
    inside = {row["pid"] for row in played.rows("proc.is_exec_session = false and proc.pid > 0")}
    assert inside == {1}


def running(container: Container) -> int:
    """How many processes run in a container, as its runsc says."""
    found: list[Any] = json.loads(container.runsc("ps", "-format", "json", container.id).stdout)
    return len(found)
