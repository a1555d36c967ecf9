"""The same folder of segments twice: plain, and compressed."""

from __future__ import annotations

import shutil
from pathlib import Path

from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, recorded_datagrams
from tests.trace.shrunk import shrink_folder

MARKED = 100
"""A row with a bookmark."""


def twins(base: Path, recording: str = "shell-2024", segment_bytes: int = 60_000) -> list[Path]:
    """What one sandbox has sent, as folders of one name: the plain one, and the compressed one."""
    plain, packed = base / "plain" / "x", base / "small" / "x"
    writer = TraceWriter(plain, keep_bytes=64 << 20, segment_bytes=segment_bytes)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    for number, datagram in enumerate(recorded_datagrams(recording)):
        writer.message(1, TIME_NS + number * 1000, datagram)
    writer.closed(1, TIME_NS + 1_000_000_000, {"reason": "closed"})
    writer.close()
    trace = Trace.open(plain)
    Bookmarks(trace).set(MARKED, "here")
    trace.close()
    shutil.copytree(plain, packed)
    shrink_folder(packed)
    return [plain, packed]
