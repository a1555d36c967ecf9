"""`gvtui session check` agrees with runsc: the same files, by both ways in, with a monitor."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gvtui.agent.runsc import Runsc
from gvtui.agent.scratch import scratch_folder
from gvtui.commands.session import session
from gvtui.points.problems import Verdict
from gvtui.points.ways import Way, judge
from tests.e2e.containers import (
    WAIT_SECONDS,
    Container,
    Listener,
    RunscBinary,
    running_container,
    wait_until,
    write_bundle,
)
from tests.e2e.mutated_sessions import COUNT, MutatedFile, good_file, mutated_files

pytestmark = pytest.mark.e2e

OPEN_AND_READ = "read x < /etc/hostname"
WORK = ["/bin/sh", "-c", f"while :; do {OPEN_AND_READ}; echo; done"]
"""Opens and reads for ever; a line comes out after each round."""

_FEWEST_OF_EACH = 10


class Ground:
    """A runsc with a container that runs, and a monitor that listens."""

    def __init__(self, binary: RunscBinary, folder: Path, container: Container) -> None:
        self.binary = binary
        self.listener = Listener(folder / "s")
        self._folder = folder
        self._container = container
        self._output = folder / f"{container.id}.out"
        self._bundle = write_bundle(folder / "b", ["/bin/sh", "-c", OPEN_AND_READ])
        self._started = 0

    def trace_create(self, raw: bytes) -> Verdict:
        """Give the container that runs a session, and take it away again."""
        verdict, connected = self._create(raw)
        if verdict is Verdict.REFUSED and connected:
            # Sinks before the one that was refused stay, with their points, until a session ends.
            again, _ = self._create(good_file(self.listener.path))
            assert again is Verdict.TRACED
        return verdict

    def _create(self, raw: bytes) -> tuple[Verdict, bool]:
        file = self._folder / "session.json"
        file.write_bytes(raw)
        before = len(self.listener.connections)
        words = ("trace", "create", f"--config={file}", self._container.id)
        done = self._container.runsc(*words, check=False)
        made = self.listener.connections[before:]
        if done.returncode != 0:
            assert done.returncode == 128, done.stderr
            return Verdict.REFUSED, bool(made)
        rounds = self._output.stat().st_size + 3
        assert wait_until(lambda: self._output.stat().st_size > rounds)
        self._container.runsc("trace", "delete", "--name=Default", self._container.id)
        return self._came(before), bool(made)

    def pod_init(self, raw: bytes) -> Verdict:
        """Start a container with the file, and wait for its end."""
        file = self._folder / "pod-init.json"
        file.write_bytes(raw)
        before = len(self.listener.connections)
        self._started += 1
        done = subprocess.run(
            [
                self.binary.path,
                f"--root={self._folder / 'root'}",
                f"--platform={self.binary.platform}",
                "--network=none",
                "--ignore-cgroups",
                f"--pod-init-config={file}",
                "run",
                f"-bundle={self._bundle}",
                f"started-{self._started}",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            assert done.returncode == 128, done.stderr
            return Verdict.REFUSED
        return self._came(before)

    def _came(self, before: int) -> Verdict:
        made = self.listener.connections[before:]
        assert all(each.ended.wait(WAIT_SECONDS) for each in made)
        return Verdict.TRACED if any(each.messages for each in made) else Verdict.UNTRACED


@pytest.fixture(scope="module")
def ground(binary: RunscBinary) -> Iterator[Ground]:
    with scratch_folder("gv") as folder, running_container(binary, folder, WORK) as container:
        ground = Ground(binary, folder, container)
        with ground.listener:
            yield ground


@pytest.fixture(scope="module")
def files(ground: Ground) -> list[MutatedFile]:
    return list(mutated_files(ground.listener.path))


@pytest.mark.parametrize("way", ["trace-create", "pod-init"])
def test_check_agrees_with_runsc(ground: Ground, files: list[MutatedFile], way: Way) -> None:
    catalogue = Runsc(ground.binary.path).catalogue()
    ask = ground.trace_create if way == "trace-create" else ground.pod_init
    assert ask(good_file(ground.listener.path)) is Verdict.TRACED
    seen = Counter[Verdict]()
    wrong = []
    for file in files:
        is_so = ask(file.raw)
        ending = judge(file.raw, catalogue).endings[way]
        seen[is_so] += 1
        if ending.verdict is not is_so:
            said = f"{ending.verdict} ({ending.reason})"
            wrong.append(f"{file.words}: {is_so}, but check says {said}: {file.raw[:1000]!r}")
    assert not wrong, "\n".join(wrong)
    assert sum(seen.values()) == COUNT
    if way == "pod-init":
        assert min(seen[verdict] for verdict in Verdict) >= _FEWEST_OF_EACH, seen


def test_the_command_says_the_same(
    ground: Ground, files: list[MutatedFile], tmp_path: Path
) -> None:
    runsc = ground.binary.path
    catalogue = Runsc(runsc).catalogue()
    for file in files[:: COUNT // 10]:
        path = tmp_path / "session.json"
        path.write_bytes(file.raw)
        judgement = judge(file.raw, catalogue)
        for way, ending in judgement.endings.items():
            words = ["check", "--json", "--for", way, "--runsc", runsc, str(path)]
            result = CliRunner().invoke(session, words)
            said = {each["way"]: each["verdict"] for each in json.loads(result.stdout)["verdicts"]}
            assert said[way] == str(ending.verdict), file.words
            assert result.exit_code == (0 if ending.verdict is Verdict.TRACED else 1), file.words
