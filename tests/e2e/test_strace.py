"""The same programs under strace and in a sandbox: the same calls must read alike.

Where they do not, it is by design of gvtui, or because of what the sandbox sends. Each such
difference is a `Rule` of `strace_rules` with its reason; after the rules the lines must be equal.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.abilities import code_of
from gvtui.agent.scratch import scratch_folder
from gvtui.decode.outcome import ExecOutcome
from gvtui.decode.render import render
from gvtui.decode.strace import strace_line
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.syscalls import host_architecture, sysnos_by_name
from gvtui.wire.messages import Decoded, direction
from tests.e2e.containers import (
    WAIT_SECONDS,
    Listener,
    RunscBinary,
    binaries_as_params,
    need,
    wait_until,
)
from tests.e2e.strace_rules import (
    COMMON_RULES,
    DECODED_CALLS,
    EARLY_EXIT_RULES,
    RAW_CALLS,
    SANDBOX_RULES,
    STRACE_RULES,
    UNSENT,
    levelled,
)
from tests.e2e.tools import absent, compiled, need_tools

pytestmark = pytest.mark.e2e

PROGRAMS = ("strace_program.c", "strace_more.c")
BEGIN, END = "/gvtui-begin", "/gvtui-end"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    need_tools("gcc", "strace")
    if platform.machine() != "x86_64":
        pytest.skip("the program makes calls that only x86_64 has")
    if os.getuid() != 0:
        absent("sandboxes without a bundle need root")
    folder = tmp_path_factory.mktemp("strace")
    return [compiled(name, folder / Path(name).stem) for name in PROGRAMS]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with scratch_folder("gvtui-") as folder:
        yield folder


def native_lines(program: Path, folder: Path) -> list[str]:
    output = folder / "native.txt"
    subprocess.run(
        ["strace", "-y", "-s", "64", "-o", output, program],
        check=True,
        timeout=WAIT_SECONDS,
        cwd="/",
    )
    lines = [
        re.sub(r"\)\s+= ", ") = ", line, count=1)
        for line in output.read_text().splitlines()
        if not line.startswith(("---", "+++"))
    ]
    return _between(lines)


def _between(lines: list[str]) -> list[str]:
    begin = next(i for i, line in enumerate(lines) if line.startswith(f'chroot("{BEGIN}")'))
    end = next(i for i, line in enumerate(lines) if line.startswith(f'chroot("{END}")'))
    return lines[begin : end + 1]


def session(endpoint: Path) -> dict[str, Any]:
    numbers = sysnos_by_name(host_architecture())
    catalogue = bundled_catalogue(gvisor="2024-07")
    names = [f"syscall/{name}" for name in DECODED_CALLS]
    names += [f"syscall/sysno/{numbers[name]}" for name in RAW_CALLS]
    points = []
    for name in names:
        known = catalogue.points[f"{name}/enter"].optional_fields
        optional = [field for field in ("fd_path", "envv") if field in known]
        points += [
            {"name": f"{name}/{side}", "optional_fields": optional, "context_fields": ["thread_id"]}
            for side in ("enter", "exit")
        ]
    sink = {"name": "remote", "config": {"endpoint": str(endpoint), "retries": 5}}
    return {"trace_session": {"name": "Default", "points": points, "sinks": [sink]}}


def sandbox_lines(binary: RunscBinary, program: Path, folder: Path) -> list[str]:
    config = folder / "session.json"
    with Listener(folder / "s") as listener:
        config.write_text(json.dumps(session(listener.path)))
        subprocess.run(
            [
                binary.path,
                f"--root={folder / 'root'}",
                f"--platform={binary.platform}",
                "--network=none",
                "--ignore-cgroups",
                f"--pod-init-config={config}",
                "do",
                str(program),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=WAIT_SECONDS,
            start_new_session=True,
            cwd="/",
        )
        assert wait_until(lambda: bool(listener.connections) and listener.connections[0].closed)
        messages = listener.connections[0].messages
    return _between(_as_lines(messages, loads_later=loads_later(binary)))


def loads_later(binary: RunscBinary) -> bool:
    """Whether it sends the exit of execve before it loads the program."""
    with Path(binary.path).open("rb") as file:
        code = code_of(file.fileno())
    assert code is not None
    return not code.is_exec_exit_last


def _as_lines(messages: list[Decoded], *, loads_later: bool) -> list[str]:
    lines: list[str] = []
    enters: dict[tuple[int, str], Decoded] = {}
    for decoded in messages:
        message: Any = decoded.message
        if decoded.kind is None or message.context_data.thread_id != 1:
            continue
        shown = render(decoded, architecture="x86_64")
        key = (1, shown.name)
        if direction(decoded.kind, message) == "E":
            enters[key] = decoded
        else:
            enter = enters.pop(key, None)
            is_untold = loads_later and shown.name in ("execve", "execveat")
            outcome = ExecOutcome.ASKED if is_untold and not message.exit.errorno else None
            lines.append(strace_line(decoded, architecture="x86_64", enter=enter, outcome=outcome))
    return lines


@pytest.mark.parametrize("binary", binaries_as_params())
def test_calls_read_alike(
    binary: RunscBinary | None, programs: list[Path], short_folder: Path
) -> None:
    runsc = need(binary)
    sandboxed: list[str] = []
    native: list[str] = []
    for program in programs:
        sandboxed += sandbox_lines(runsc, program, short_folder)
        native += native_lines(program, short_folder)
    native = [line for line in native if line.partition("(")[0] not in UNSENT]
    common = COMMON_RULES + (EARLY_EXIT_RULES if loads_later(runsc) else [])
    assert levelled(sandboxed, SANDBOX_RULES + common) == levelled(native, STRACE_RULES + common)
    assert {line.partition("(")[0] for line in sandboxed} == set(DECODED_CALLS + RAW_CALLS) - UNSENT
