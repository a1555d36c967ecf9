"""`gvtui session check` agrees with runsc: the same files, by both ways in, with a monitor."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from gvtui.agent.runsc import Runsc
from gvtui.agent.scratch import scratch_folder
from gvtui.commands.session import session
from gvtui.points.catalogue import Catalogue
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
PERL = r"""
$| = 1;
while (1) {
    open($file, "<", "/etc/hostname");
    <$file>;
    close($file);
    print "\n";
    select(undef, undef, undef, 0.005);
}
"""
WORK = ["/usr/bin/perl", "-e", PERL]
"""Opens and reads for ever, and leaves the processor to others; a line comes out after each round."""

_FEWEST_OF_EACH = 10
_STARTING = 3
"""How many containers start at once: the start of one is mostly one process after the other."""


class Ground:
    """A runsc, and a monitor that listens. Use as a context manager."""

    def __init__(self, binary: RunscBinary, folder: Path) -> None:
        self.binary = binary
        self.listener = Listener(folder / "s")
        self._folder = folder

    def __enter__(self) -> Ground:
        self.listener.__enter__()
        assert self.ask(good_file(self.listener.path)) is Verdict.TRACED
        return self

    def __exit__(self, *error: object) -> None:
        self.listener.__exit__(*error)

    def files(self) -> list[MutatedFile]:
        """The files, with this monitor's socket."""
        return list(mutated_files(self.listener.path))

    def ask(self, raw: bytes) -> Verdict:
        """What becomes of a session file with this runsc."""
        raise NotImplementedError

    def came(self, before: int) -> Verdict:
        """Whether messages came on the connections behind so many."""
        made = self.listener.connections[before:]
        assert all(each.ended.wait(WAIT_SECONDS) for each in made)
        return Verdict.TRACED if any(each.messages for each in made) else Verdict.UNTRACED


class Running(Ground):
    """Gives a container that runs the session, and takes it away again."""

    def __init__(self, binary: RunscBinary, folder: Path, container: Container) -> None:
        super().__init__(binary, folder)
        self._container = container
        self._output = folder / f"{container.id}.out"

    def ask(self, raw: bytes) -> Verdict:
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
        return self.came(before), bool(made)


class Starting(Ground):
    """Starts a container with the file, and waits for its end."""

    def __init__(self, binary: RunscBinary, folder: Path) -> None:
        super().__init__(binary, folder)
        self._bundle = write_bundle(folder / "b", ["/bin/sh", "-c", OPEN_AND_READ])
        self._started = 0

    def ask(self, raw: bytes) -> Verdict:
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
                # A runsc of 2022 knows its sandboxes by their IDs alone, whatever its root is.
                f"{self._folder.name}-{self._started}",
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
        return self.came(before)


@contextlib.contextmanager
def grounds(binary: RunscBinary, way: Way) -> Iterator[list[Ground]]:
    """Those that share the files of one way in; each has every so many-th of them."""
    with contextlib.ExitStack() as stack:
        found: list[Ground] = []
        for _ in range(_STARTING if way == "pod-init" else 1):
            folder = stack.enter_context(scratch_folder("gv"))
            if way == "pod-init":
                found.append(stack.enter_context(Starting(binary, folder)))
            else:
                container = stack.enter_context(running_container(binary, folder, WORK))
                found.append(stack.enter_context(Running(binary, folder, container)))
        yield found


def asked(
    ground: Ground, files: list[MutatedFile], way: Way, catalogue: Catalogue
) -> tuple[Counter[Verdict], list[str]]:
    """How often each verdict came, and where check says another."""
    seen = Counter[Verdict]()
    wrong = []
    for file in files:
        is_so = ground.ask(file.raw)
        ending = judge(file.raw, catalogue).endings[way]
        seen[is_so] += 1
        if ending.verdict is not is_so:
            said = f"{ending.verdict} ({ending.reason})"
            wrong.append(f"{file.words}: {is_so}, but check says {said}: {file.raw[:1000]!r}")
    return seen, wrong


@pytest.mark.parametrize("way", ["trace-create", "pod-init"])
def test_check_agrees_with_runsc(binary: RunscBinary, way: Way) -> None:
    catalogue = Runsc(binary.path).catalogue()
    seen = Counter[Verdict]()
    wrong: list[str] = []
    with grounds(binary, way) as places, ThreadPoolExecutor(len(places)) as pool:
        waiting = [
            pool.submit(asked, each, each.files()[number :: len(places)], way, catalogue)
            for number, each in enumerate(places)
        ]
        for each in waiting:
            verdicts, differing = each.result()
            seen += verdicts
            wrong += differing
    assert not wrong, "\n".join(wrong)
    assert sum(seen.values()) == COUNT
    if way == "pod-init":
        assert min(seen[verdict] for verdict in Verdict) >= _FEWEST_OF_EACH, seen


def test_the_command_says_the_same(binary: RunscBinary, tmp_path: Path) -> None:
    runsc = binary.path
    catalogue = Runsc(runsc).catalogue()
    for file in list(mutated_files(tmp_path / "s"))[:: COUNT // 10]:
        path = tmp_path / "session.json"
        path.write_bytes(file.raw)
        judgement = judge(file.raw, catalogue)
        for way, ending in judgement.endings.items():
            words = ["check", "--json", "--for", way, "--runsc", runsc, str(path)]
            result = CliRunner().invoke(session, words)
            said = {each["way"]: each["verdict"] for each in json.loads(result.stdout)["verdicts"]}
            assert said[way] == str(ending.verdict), file.words
            assert result.exit_code == (0 if ending.verdict is Verdict.TRACED else 1), file.words
