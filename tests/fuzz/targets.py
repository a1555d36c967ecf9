"""What is fed with random input, and what it may do with it: answer, or raise its own error.

Each target takes any bytes. Anything but its own error fails it, and so does a promise that it
breaks, such as words for the terminal that are not safe there.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gvtui.agent.plain import plain_sentence
from gvtui.agent.procfs import parse_procfs
from gvtui.agent.runsc import RunscError, parse_sessions
from gvtui.config import ConfigError, change_config, read_config
from gvtui.decode.render import render
from gvtui.export.formats import LINE_FORMATS
from gvtui.export.selection import Selection
from gvtui.export.text import datagram_line
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.catalogue import CatalogueError, parse_metadata
from gvtui.points.check import check_session, doubts_about
from gvtui.points.document import SessionError, parse_document
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.trace.files import index_path
from gvtui.trace.indexer import Indexer
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.strings import StringTable
from gvtui.wire.handshake import parse_handshake
from gvtui.wire.header import WireError
from gvtui.wire.messages import decode
from gvtui.wire.pieces import all_but_time, cut
from tests.decode.helpers import is_safe
from tests.trace.recorder import TRACES, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_MESSAGES = 40
"""Messages of a recording that serve as seeds, and rows of a random one that are read."""


@dataclass(frozen=True)
class Target:
    """A reader of strangers' bytes."""

    name: str
    feed: Callable[[bytes], None]
    """Raises if the reader does what it must not."""
    seeds: Callable[[], Iterable[bytes]]
    """Inputs that lead far into it."""


def _messages() -> Iterable[bytes]:
    for name in ("shell-2024", "network-2024", "newest-2026"):
        with closing(Trace.open(TRACES / f"{name}.trace")) as trace:
            seen: set[int] = set()
            for row_id in range(trace.first_row, trace.end_row):
                row = trace.row(row_id)
                if row.kind == 0 and row.type not in seen and len(seen) < _MOST_MESSAGES:
                    seen.add(row.type)
                    yield trace.payload(row_id)


def _message(data: bytes) -> None:
    """A datagram: cut, decoded, put into words."""
    cut(data)
    all_but_time(data)
    assert is_safe(datagram_line(data))
    try:
        decoded = decode(data)
    except WireError:
        return
    words = render(decoded, architecture="x86_64")
    assert is_safe(words.name + words.arguments + words.result)


def _handshake(data: bytes) -> None:
    """The first datagram of a connection."""
    try:
        parse_handshake(data)
    except WireError:
        return


def _indexer(data: bytes) -> None:
    """Messages that come in batches have the rows that they have one by one."""
    datagrams = data.split(b"\xff\xfe")[:64]
    count = len(datagrams)
    single, many = (Indexer(StringTable(), "x86_64") for _ in range(2))
    one = [
        piece
        for place, each in enumerate(datagrams)
        for piece in single.messages(1, [place], [place], [each])
    ]
    numbers = np.arange(count, dtype=np.int64)
    lengths = np.array([len(each) for each in datagrams], np.int64)
    assert b"".join(one) == b"".join(many.batch(1, numbers, numbers, datagrams, lengths))


def _several() -> Iterable[bytes]:
    messages = list(_messages())
    yield b"\xff\xfe".join(messages[:8] * 3)
    yield b"\xff\xfe".join([messages[0]] * 60)


def _read_all(path: Path) -> None:
    """Read a recording as `gvtui print` does, in every format."""
    try:
        trace = Trace.open(path)
    except TraceError:
        return
    with closing(trace):
        stop = min(trace.end_row, trace.first_row + _MOST_MESSAGES)
        for format_ in LINE_FORMATS.values():
            selection = Selection(trace)
            selection.look_ahead()
            for line in format_.make(selection).lines(trace.first_row, stop):
                assert is_safe(line.replace("\t", " "))


def _log(data: bytes) -> None:
    """A recording: the log alone, as it came from somebody."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gvtrace"
        path.write_bytes(data)
        _read_all(path)


def _logs() -> Iterable[bytes]:
    for path in sorted(TRACES.glob("*.trace")):
        yield path.read_bytes()[:4096]
    with tempfile.TemporaryDirectory() as folder:
        yield _record(folder).read_bytes()


def _record(folder: str) -> Path:
    recorder = Recorder(Path(folder) / "x.gvtrace")
    recorder.add(5)
    recorder.writer.close()
    return recorder.path


def _index(data: bytes) -> None:
    """The index of a recording that is whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = _record(folder)
        index_path(path).write_bytes(data)
        _read_all(path)


def _indexes() -> Iterable[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        yield index_path(_record(folder)).read_bytes()


def _filter(data: bytes) -> None:
    """A condition in the filter language, and its answer for each row."""
    try:
        condition = compile_filter(data.decode(errors="replace"), zone=UTC)
    except FilterError:
        return
    trace = _small_trace()
    rows = trace.rows(trace.first_row, trace.end_row)
    assert len(condition.mask(trace, rows, trace.first_row)) == len(rows)


@cache
def _small_trace() -> Trace:
    return Trace.open(TRACES / "upstream-echo.trace")


def _filters() -> Iterable[bytes]:
    yield b"proc.name = nginx and not evt.failed = true"
    yield b"fd.name contains /etc or evt.type in (openat, execve)"
    yield b"evt.latency > 5ms and evt.time >= 2026-11-23T17:36:47"
    yield b"evt.arg.pathname matches '^/(etc|usr)/.*\\.conf$' and container.id exists"
    yield b"proc.pid != 1 and (evt.res < 0 or evt.dir = >)"


def _session(data: bytes) -> None:
    """A session file, and what is wrong with it."""
    try:
        document = parse_document(data.decode(errors="replace"))
    except SessionError:
        return
    catalogue = bundled_catalogue("x86_64")
    check_session(document.session, catalogue)
    doubts_about(document.session, catalogue)


def _sessions() -> Iterable[bytes]:
    yield (
        b'{"trace_session": {"name": "Default", "points": [{"name": "syscall/openat/enter", '
        b'"optional_fields": ["fd_path"], "context_fields": ["time", "container_id"]}], '
        b'"sinks": [{"name": "remote", "config": {"endpoint": "/s.sock", "retries": 3, '
        b'"backoff": "25us"}, "ignore_setup_error": true}]}}'
    )
    yield b'{"name": "Default", "points": [{"name": "sentry/execve"}], "sinks": []}'


def _runsc(data: bytes) -> None:
    """What runsc prints: sessions, points, processes, errors."""
    text = data.decode(errors="replace")
    for reader in (parse_sessions, parse_procfs, lambda text: parse_metadata(text, "runsc")):
        try:
            reader(text)
        except (RunscError, CatalogueError):
            continue
    assert is_safe(plain_sentence(text, "web", "/run/runsc"))


def _runsc_words() -> Iterable[bytes]:
    yield b'[{"Name": "Default", "Sinks": [{"Name": "remote", "Status": {"DroppedCount": 3}}]}]'
    yield (TRACES.parent / "metadata-2024-07.txt").read_bytes()[:2000]
    yield (TRACES.parent / "procfs-2024-07.txt").read_bytes()[:4000]
    yield b'FATAL ERROR: creating trace session: sink "remote" not found'


def _configuration(data: bytes) -> None:
    """A config.toml: a wrong one is told, never raised; a changed one stays readable."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(data)
        read_config(path)
        try:
            change_config(path, "filters", "mine", "evt.failed = true")
        except ConfigError:
            return
        assert read_config(path).filters["mine"] == "evt.failed = true"


def _configurations() -> Iterable[bytes]:
    yield b'theme = "gvtui-light"\n[keys]\n"filter.pid" = "ctrl+y"\n[filters]\nbad = "evt.failed"\n'
    yield b'columns = ["time", "call"]\n[profile.on-call]\ntheme = "gvtui-dark"\n'


TARGETS = (
    Target("message", _message, _messages),
    Target("handshake", _handshake, lambda: [b"\x08\x01"]),
    Target("indexer", _indexer, _several),
    Target("log", _log, _logs),
    Target("index", _index, _indexes),
    Target("filter", _filter, _filters),
    Target("session", _session, _sessions),
    Target("runsc", _runsc, _runsc_words),
    Target("configuration", _configuration, _configurations),
)
