"""Targets that are texts: filters, session files, what runsc prints, the configuration, keys."""

from __future__ import annotations

import atexit
import json
import tempfile
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gvtui.agent.containers import read_containers
from gvtui.agent.plain import plain_sentence
from gvtui.agent.procfs import parse_procfs
from gvtui.agent.runsc import Runsc, RunscError, parse_json, parse_sessions
from gvtui.config import ConfigError, change_config, read_config
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.catalogue import CatalogueError, parse_metadata
from gvtui.points.check import check_session, doubts_about
from gvtui.points.document import SessionError, parse_document
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.complete import complete
from gvtui.query.filter.error import FilterError
from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.procfs import ProcfsEntry
from gvtui.trace.reader import Trace
from gvtui.tui.command.configured import configured_keys
from gvtui.tui.command.registry import Commands
from gvtui.tui.features import every_command
from tests.decode.helpers import is_safe
from tests.fuzz.target import Target
from tests.trace.recorder import TRACES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from gvtui.query.filter.compile import Filter

_NO_RUNSC = Runsc("/nowhere/runsc")


def _filter(data: bytes) -> None:
    """A condition: rows are tested the same one by one, and `not` of it turns each answer round."""
    text = data.decode(errors="replace")
    complete(text, len(text) // 2)
    try:
        condition = compile_filter(text, zone=UTC)
    except FilterError:
        return
    answers = _answers(condition)
    trace = _small_trace()
    for place in range(0, len(answers), 7):
        start = trace.first_row + place
        assert condition.mask(trace, trace.rows(start, start + 1), start)[0] == answers[place]
    if not text.strip():
        return
    try:
        turned = compile_filter(f"not ({text})", zone=UTC)
    except FilterError:
        # It is as long or as deep as a filter may be.
        assert len(text) > 1000 or text.count("(") + text.count("not") > 20, text
        return
    assert np.array_equal(_answers(turned), ~answers)


def _answers(condition: Filter) -> npt.NDArray[np.bool_]:
    trace = _small_trace()
    rows = trace.rows(trace.first_row, trace.end_row)
    mask = condition.mask(trace, rows, trace.first_row)
    assert len(mask) == len(rows)
    return np.array(mask, np.bool_)


@cache
def _small_trace() -> Trace:
    trace = Trace.open(TRACES / "upstream-echo.trace")
    atexit.register(trace.close)
    return trace


def _filters() -> Iterable[bytes]:
    yield b"proc.name = nginx and not evt.failed = true"
    yield b"fd.name contains /etc or evt.type in (openat, execve)"
    yield b"evt.latency > 5ms and evt.time >= 2026-11-23T17:36:47"
    yield b"evt.arg.pathname matches '^/(etc|usr)/.*\\.conf$' and container.id exists"
    yield b"proc.pid != 1 and (evt.res < 0 or evt.dir = >)"
    yield b'evt.arg.pathname contains "/etc" or evt.arg.flags = O_RDONLY'
    yield b"proc.id = web/110@2026-08-21T14:05:09Z"


def _session(data: bytes) -> None:
    """A session file: what is read of it is written, and read again as the same."""
    text = data.decode(errors="replace")
    try:
        document = parse_document(text)
    except SessionError:
        return
    again = parse_document(document.text())
    assert again.session == document.session
    assert again.text() == document.text()
    # Go reads the first value of a file, and no further.
    decoder = json.JSONDecoder(parse_constant=_no_json, parse_int=str)
    decoder.raw_decode(document.text().lstrip(" \t\r\n"))
    catalogue = bundled_catalogue("x86_64")
    check_session(document.session, catalogue)
    doubts_about(document.session, catalogue)


def _no_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def _sessions() -> Iterable[bytes]:
    yield (
        b'{"trace_session": {"name": "Default", "points": [{"name": "syscall/openat/enter", '
        b'"optional_fields": ["fd_path"], "context_fields": ["time", "container_id"]}], '
        b'"sinks": [{"name": "remote", "config": {"endpoint": "/s.sock", "retries": 3, '
        b'"backoff": "25us"}, "ignore_setup_error": true}]}}'
    )
    yield b'{"name": "Default", "points": [{"name": "sentry/execve"}], "sinks": []}'
    yield b'{"points": [{"Name": "sentry/clone"}], "options": {"n": 1e3}, "x": [1.50, -0]}'


def _runsc(data: bytes) -> None:
    """What runsc prints: containers, sessions, points, processes, errors."""
    text = data.decode(errors="replace")
    parse_sessions(text)
    try:
        values = [each for each in parse_json(text) if isinstance(each, dict)]
    except RunscError:
        values = []
    for container in read_containers(values, _NO_RUNSC, Path("/run"), {}):
        assert container.label is not None
        assert container.pid >= 0
    for entry in parse_procfs(text).entries:
        mark = {"kind": "processes", "processes": [_plain(entry)]}
        (read,) = map(ProcfsEntry.read, unpack_details(pack_details(mark))["processes"])
        assert read == entry
    try:
        catalogue = parse_metadata(text, "runsc")
    except CatalogueError:
        pass
    else:
        assert len(catalogue)
        assert all(is_safe(each) for point in catalogue for each in (point.name, *point.fields))
    assert is_safe(plain_sentence(text, "web", "/run/runsc"))


def _plain(entry: ProcfsEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in ProcfsEntry.__slots__}


def _runsc_words() -> Iterable[bytes]:
    yield b'SESSIONS (1)\n"Default"\n\tSink: "remote", dropped: 3\n'
    yield (
        b'[{"ociVersion": "1.0.2", "id": "web", "pid": 12, "status": "running", "bundle": "/b", '
        b'"annotations": {"io.kubernetes.cri.sandbox-id": "pod"}}]'
    )
    yield (TRACES.parent / "metadata-2024-07.txt").read_bytes()[:2000]
    yield (TRACES.parent / "procfs-2024-07.txt").read_bytes()[:4000]
    yield b'FATAL ERROR: creating trace session: sink "remote" not found'


def _configuration(data: bytes) -> None:
    """A config.toml: mistakes are told, never raised; a changed one keeps all that it had."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(data)
        before = read_config(path)
        assert is_safe("".join(before.problems))
        try:
            change_config(path, "filters", "mine", "evt.failed = true")
        except ConfigError:
            return
        after = read_config(path)
    assert after.filters == {**before.filters, "mine": "evt.failed = true"}
    for name in ("keys", "theme", "columns", "limits", "copy_command", "profiles"):
        assert getattr(after, name) == getattr(before, name)


def _configurations() -> Iterable[bytes]:
    yield b'theme = "gvtui-light"\n[keys]\n"filter.pid" = "ctrl+y"\n[filters]\nbad = "evt.failed"\n'
    yield b'columns = ["time", "call"]\n[profile.on-call]\ntheme = "gvtui-dark"\n'
    yield b'copy-command = "xclip -i"\nsigns = "ascii"\n[limits]\nconnections = 12\n'


def _keymap(data: bytes) -> None:
    """Keys by lines of commands: no key has two commands in one place but by default."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(b"[keys]\n" + data)
        config = read_config(path)
    commands = _commands()
    keymap, problems = configured_keys(commands, config)
    assert is_safe("".join(problems))
    assert bool(problems) or len(keymap.changed) + len(keymap.added) == len(config.keys)
    for owners in commands.scopes.values():
        taken: dict[str, str] = {}
        inside = [each for each in commands if each.owner in owners]
        lines = {each.line: keymap.keys(each) for each in inside}
        if any(not owner.home for owner in owners):
            lines |= keymap.added
        for line, keys in lines.items():
            for key in keys:
                other = taken.setdefault(key, line)
                new = {line, other} & (keymap.changed.keys() | keymap.added.keys())
                assert other == line or not new, f"{key} calls {line} and {other}"
    commands.use(keymap)
    for command in commands.listed():
        commands.parse(command.line)


@cache
def _commands() -> Commands:
    return every_command()


def _keymaps() -> Iterable[bytes]:
    yield b'"filter.pid" = "ctrl+y"\n"filter.add evt.failed = true" = "ctrl+e, f5"\n'
    yield b'"tabs.show stream" = "9 , ctrl+a"\n"rows.newest" = ""\n"stream.up" = "k,up"\n'


TEXTS = (
    Target("filter", _filter, _filters, share=2),
    Target("session", _session, _sessions),
    Target("runsc", _runsc, _runsc_words),
    Target("configuration", _configuration, _configurations),
    Target("keymap", _keymap, _keymaps),
)
