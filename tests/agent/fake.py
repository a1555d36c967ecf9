"""A stand-in for runsc whose sandboxes are files, and which fails in the ways asked for.

Under its root: `ID.session` is the session that runs, `ID.pids` what `ps` prints, `ID.procfs` what
`trace procfs` prints, `containers.json` what `list` prints, and `behaviour` a list of words, one used up by each `trace create`:

ok             as runsc does
refuse         delete the old session, then refuse the new one, as `--force` does
unreachable    refuse before touching anything
hang           never end, before touching anything
die            delete the old session, then be killed
late           make the session, then be killed
void           claim success and make nothing
old:KEY        refuse a session that has this key, before touching anything
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from gvtui.agent import runsc
from gvtui.agent.containers import Container
from gvtui.agent.runsc import Runsc

if TYPE_CHECKING:
    import pytest

_PROGRAM = r"""
import json, os, signal, sys, time
from pathlib import Path

DATA = Path(@DATA@)
flags = [word for word in sys.argv[1:] if word.startswith("-")]
words = [word for word in sys.argv[1:] if not word.startswith("-")]
named = dict(flag.lstrip("-").partition("=")[::2] for flag in flags)
root = Path(named.get("root", "/nowhere"))
with (DATA / "calls").open("a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(128)


def behave():
    place = root / "behaviour"
    queue = place.read_text().split() if place.exists() else []
    place.write_text(" ".join(queue[1:]))
    return queue[0] if queue else "ok"


if "version" in named:
    print("runsc version release-20990101.0\nspec: 1.2.0")
elif words == ["flags"]:
    print((DATA / "flags").read_text(), file=sys.stderr)
elif words == ["trace", "metadata"]:
    print((DATA / "metadata").read_text())
elif words[:1] == ["ps"]:
    try:
        print((root / f"{words[1]}.pids").read_text())
    except FileNotFoundError:
        fail(f'getting processes for container: "{words[1]}" is in state stopped')
elif words[:2] == ["trace", "procfs"]:
    print((root / f"{words[2]}.procfs").read_text())
elif words == ["list"]:
    if (root / "stuck").exists():
        time.sleep(600)
    if (root / "broken").exists():
        fail("W0101 00:00:00.000000    1 util.go:64] FATAL ERROR: reading state: no good")
    other = DATA / root.parent.name / "containers.json"
    print((other if other.exists() else root / "containers.json").read_text())
elif words[:2] == ["trace", "list"]:
    if (root / "gone").exists():
        fail("connecting to control server at PID 7: connection refused")
    try:
        text = (root / f"{words[2]}.session").read_text()
    except FileNotFoundError:
        text = ""
    print(f"SESSIONS ({int(bool(text))})")
    if text:
        print('"Default"')
        for sink in json.loads(text)["sinks"]:
            print(f'\tSink: "{sink["name"]}", dropped: 3')
elif words[:2] == ["trace", "delete"]:
    session = root / f"{words[2]}.session"
    if not session.exists():
        fail('deleting session: deleting trace session: session "Default" not found')
    session.unlink()
elif words[:2] == ["trace", "create"]:
    session = root / f"{words[2]}.session"
    new = json.loads(Path(named["config"]).read_text())["trace_session"]
    what = behave()
    if what.startswith("old:") and what[4:] in new:
        fail(f'loading config file: invalid configuration file: json: unknown field "{what[4:]}"')
    if what == "unreachable":
        fail('creating session: connect("/tmp/s"): no such file or directory')
    if what == "hang":
        with (DATA / "hanging").open("a") as hanging:
            print("create", file=hanging)
        time.sleep(600)
    if session.exists() and "force" not in named:
        fail('creating session: creating trace session: session "Default" already exists')
    session.unlink(missing_ok=True)
    if what == "refuse":
        fail('creating session: creating trace session: point "no/such" not found')
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what != "void":
        whole = session.with_suffix(f".{os.getpid()}")
        whole.write_text(json.dumps(new))
        whole.replace(session)
    if what == "late":
        os.kill(os.getpid(), signal.SIGKILL)
    print('Trace session "Default" created.')
else:
    fail("usage")
"""

METADATA = """\
POINTS (4)
Name: sentry/clone, optional fields: [], context fields: [time|cwd]
Name: syscall/open/enter, optional fields: [fd_path], context fields: [time]
Name: syscall/sysno/3/enter, optional fields: [], context fields: [time|cwd]
Name: syscall/sysno/3/exit, optional fields: [], context fields: [time|cwd]

SINKS (2)
Name: null
Name: remote
"""


class FakeRunsc:
    """The stand-in, with one root and one running container `c1`."""

    def __init__(self, folder: Path, timeout: float = 120.0) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir()
        program = folder / "runsc"
        text = _PROGRAM.replace("@DATA@", repr(str(folder)))
        program.write_text(f"#!{sys.executable} -IS\n{text}")
        program.chmod(0o755)
        (folder / "metadata").write_text(METADATA)
        (folder / "flags").write_text("  -root string\n    \tplace of containers' state\n")
        (folder / "calls").touch()
        self.path = str(program)
        self.runsc = Runsc(self.path, timeout)
        self.have({"id": "c1", "status": "running", "pid": 1, "bundle": "/b"})

    def have(self, *containers: dict[str, Any]) -> None:
        """Have `list` print these."""
        (self.root / "containers.json").write_text(json.dumps(list(containers) or None))

    def list_in(self, root: Path, *containers: dict[str, Any]) -> None:
        """Have `list` of another stand-in's root print these, as an older release would."""
        folder = self.folder / root.parent.name
        folder.mkdir()
        (folder / "containers.json").write_text(json.dumps(list(containers)))

    def container(self, container_id: str = "c1", status: str = "running") -> Container:
        """A container under the root."""
        return Container(container_id, self.root, self.runsc, status, 0, container_id)

    def behave(self, *words: str) -> None:
        """Have the next `trace create` calls go like this."""
        (self.root / "behaviour").write_text(" ".join(words))

    def hurry(self, patch: pytest.MonkeyPatch) -> None:
        """Have time limits be over as soon as a `trace create` hangs, and not before."""
        hanging = self.folder / "hanging"
        hanging.touch()

        def now() -> float:
            return time.monotonic() + 10_000 * hanging.read_text().count("create")

        patch.setattr(runsc, "time", SimpleNamespace(monotonic=now, time_ns=time.time_ns))

    def session(self, container_id: str = "c1") -> dict[str, Any] | None:
        """The session that runs."""
        try:
            text = (self.root / f"{container_id}.session").read_text()
        except FileNotFoundError:
            return None
        session: dict[str, Any] = json.loads(text)
        return session

    def run_session(self, values: dict[str, Any], container_id: str = "c1") -> None:
        """Have a session run that gvtui did not make."""
        (self.root / f"{container_id}.session").write_text(json.dumps(values))

    def sandbox_gone(self) -> None:
        """The sandbox no longer answers."""
        (self.root / "gone").touch()

    def calls(self) -> list[list[str]]:
        """The arguments of every call so far."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
