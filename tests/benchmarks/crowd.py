"""How long a key takes to the screen while 20 sandboxes send as fast as they can."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from pathlib import Path

from gvtui.wire.handshake import build_handshake
from tests.benchmarks.queries import varied_messages
from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table

SENDERS = 20
SECONDS = 20.0


def send(path: str, until: float) -> None:
    """Send until a time; what finds no room is left out, as a sandbox leaves it out."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)
        connection.send(build_handshake())
        connection.recv(100)
        connection.setblocking(False)
        messages = varied_messages(500)
        while time.time() < until:
            for message in messages:
                with contextlib.suppress(BlockingIOError):
                    connection.send(message)


def delays_under(senders: int, seconds: float) -> list[float]:
    """Seconds from each key to its words on the screen."""
    with tempfile.TemporaryDirectory() as name:
        listen = str(Path(name, "s.sock"))
        keep = ["--fresh", "--keep", "512MiB", "--on-exit", "keep"]
        viewer = Viewer(["--listen", listen, *keep])
        delays = []
        try:
            viewer.wait_for("following", 120)
            until = time.time() + seconds
            running = [
                multiprocessing.Process(target=send, args=(listen, until)) for _ in range(senders)
            ]
            for process in running:
                process.start()
            viewer.read(2.0)
            while time.time() < until:
                for words in ("paused", "following"):
                    viewer.forget()
                    viewer.press(" ")
                    delays.append(viewer.wait_for(words, 60))
                    viewer.read(0.2)
            for process in running:
                process.join()
        finally:
            viewer.close()
    return delays


def main() -> None:
    """Press keys alone, and with the crowd."""
    seconds = float(os.environ.get("GVTUI_BENCH_SECONDS", SECONDS))
    rows = []
    for senders in (0, SENDERS):
        found = sorted(1000 * delay for delay in delays_under(senders, seconds))
        ninth = found[int(len(found) * 0.9)]
        figures = (statistics.median(found), ninth, found[-1])
        rows.append((f"{senders} sandboxes", len(found), *(f"{each:.0f}" for each in figures)))
    head = ("while these send", "keys", "median, ms", "p90, ms", "worst, ms")
    print_table("key to screen with sandboxes flat out", head, rows)


if __name__ == "__main__":
    main()
