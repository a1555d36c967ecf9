"""Sandboxes of `runsc do` with every point on, and gvtui recording what they send."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.presets import build_preset
from gvtui.points.session import REMOTE, Session, Sink
from gvtui.points.tuning import LOSSLESS
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, wait_until


def everything(*endpoints: Path) -> Session:
    """A session with all points and fields, to one monitor or several, without loss."""
    sinks = tuple(
        Sink(REMOTE, {"endpoint": str(endpoint), **LOSSLESS.config()}) for endpoint in endpoints
    )
    return build_preset("everything", bundled_catalogue(gvisor="2024-07"), sinks=sinks)


def write_pod_init(path: Path, session: Session) -> Path:
    """A pod init file for containers that are yet to start."""
    save_document(path, pod_init_document(session))
    return path


def start_do(
    binary: RunscBinary, folder: Path, pod_init: Path, *command: str
) -> subprocess.Popen[bytes]:
    """`runsc do` in the background; what it prints goes to a file in `folder`."""
    flags = [f"--platform={binary.platform}", "--network=none", "--ignore-cgroups"]
    words = [f"--root={folder / 'root'}", f"--pod-init-config={pod_init}", *flags, "do", *command]
    with (folder / "do.out").open("ab") as out:
        return subprocess.Popen(
            [binary.path, *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/"},
        )


def run_do(binary: RunscBinary, folder: Path, pod_init: Path, *command: str) -> None:
    """`runsc do`, until its end."""
    process = start_do(binary, folder, pod_init, *command)
    assert process.wait(WAIT_SECONDS) == 0, (folder / "do.out").read_text()


class Recording:
    """`gvtui record`, running."""

    def __init__(
        self, folder: Path, options: Sequence[str] = (), *, path: Path | None = None
    ) -> None:
        self.socket = folder / "record.sock"
        self.path = path or folder / "record.gvtrace"
        self._said = folder / "record.err"
        words = ["record", "--listen", str(self.socket), "--out", str(self.path), *options]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gvtui", *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    @property
    def said(self) -> str:
        """What it has told its user."""
        return self._said.read_text()

    def wait_for(self, connections: int) -> None:
        """Wait until so many connections have come and gone."""
        trace = Trace.open(self.path)

        def ended() -> bool:
            trace.refresh()
            known = trace.connections.values()
            return len(known) == connections and not any(one.connected for one in known)

        try:
            assert wait_until(ended), self.said
        finally:
            trace.close()

    def end(self) -> Trace:
        """Stop it as Ctrl-C does; what it recorded, to be closed by the caller."""
        self.process.terminate()
        assert self.process.wait(WAIT_SECONDS) == 0, self.said
        return Trace.open(self.path)


@contextlib.contextmanager
def recording(folder: Path, *options: str, path: Path | None = None) -> Iterator[Recording]:
    """`gvtui record` with these options, from when it listens.

    Its socket and what it says are in the folder, and its file unless that is named.
    """
    one = Recording(folder, options, path=path)
    try:
        assert wait_until(lambda: "listening on" in one.said), one.said
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def by_task(trace: Trace, conn: int) -> dict[int, list[bytes]]:
    """The messages of a connection, without the count of drops, for each thread in their order."""
    found: dict[int, list[bytes]] = defaultdict(list)
    for row_id in range(trace.first_row, trace.end_row):
        row = trace.row(row_id)
        if row.kind == Kind.MESSAGE and row.conn == conn:
            payload = trace.payload(row_id)
            found[row.tid].append(payload[:4] + payload[8:])
    return found
