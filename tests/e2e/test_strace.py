"""The same program under strace and in a sandbox: the same calls must read alike.

Where they do not, it is by design of gvtui, or because of what the sandbox sends. Each such
difference is a `Rule` below with its reason; after the rules the lines must be equal.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gvtui.decode.render import render, strace_line
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

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "strace_program.c"
BEGIN, END = "/gvtui-begin", "/gvtui-end"

DECODED_CALLS = """
accept4 bind chdir chroot clone close connect dup2 dup3 eventfd2 execve fchdir fcntl
inotify_add_watch inotify_init1 inotify_rm_watch open openat pipe2 pread64 prlimit64 read setgid
setresuid signalfd4 socket socketpair timerfd_create timerfd_settime write
""".split()
"""Calls of the program that the sandbox decodes."""

RAW_CALLS = """
access clock_getres epoll_create1 epoll_ctl futex getrandom kill listen lseek madvise mkdirat mmap
mprotect munmap prctl rt_sigprocmask setsockopt umask unlinkat wait4
""".split()
"""Calls of the program that come as bare numbers."""

WITH_FD_PATH = set(DECODED_CALLS) - {
    "chdir", "chroot", "clone", "eventfd2", "execve", "inotify_init1", "open", "pipe2", "prlimit64",
    "setgid", "setresuid", "socket", "socketpair", "timerfd_create",
}  # fmt: skip


class Rule(NamedTuple):
    """One difference, levelled in the lines of strace or of the sandbox."""

    reason: str
    pattern: str
    replacement: str


RAW = "|".join(RAW_CALLS)
FD_PATH = r"<(?:[^<>\\]|\\.)*>"

STRACE_RULES = [
    Rule(
        "strace explains values that it does not know, and the result of PR_GET_DUMPABLE",
        r" (/\* \w+_\?\?\? \*/|\(SUID_DUMP_USER\))",
        "",
    ),
    Rule("data is never sent", r'^(read|pread64|write)(\(\d+<[^>]*>, )".*?"(?=, \d)', r"\1\2..."),
    Rule(
        "addresses are short, and their length is not sent: IPv4",
        r'\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)\}, \d+',
        r"{AF_INET, \2:\1}",
    ),
    Rule(
        "the same: IPv6; flow information and scope show where they are not 0",
        r"\{sa_family=AF_INET6, sin6_port=htons\((\d+)\), sin6_flowinfo=htonl\(0\), "
        r'inet_pton\(AF_INET6, "([^"]+)", &sin6_addr\), sin6_scope_id=0\}, \d+',
        r"{AF_INET6, [\2]:\1}",
    ),
    Rule(
        "the same: Unix sockets",
        r'\{sa_family=AF_UNIX, sun_path=(@?"[^"]*")\}, \d+',
        r"{AF_UNIX, \1}",
    ),
    Rule(
        "an address too short for its family shows in hex",
        r'\{sa_family=AF_INET, sa_data="\\0\\1"\}, 4',
        "{AF_INET, 0x0001}",
    ),
    Rule("the sandbox does not say which folder AT_FDCWD is", r"AT_FDCWD<[^>]*>", "AT_FDCWD"),
    Rule("raw calls know no paths", rf"^({RAW})\((\d+){FD_PATH}", r"\1(\2"),
    Rule(
        "the path of a new descriptor is known where the call names one",
        rf"^((?:socket|eventfd2|signalfd4|timerfd_create|inotify_init1|epoll_create1)\(.* = \d+)"
        rf"{FD_PATH}$",
        r"\1",
    ),
    Rule(
        "the same for pairs of descriptors",
        rf"\[(\d+){FD_PATH}, (\d+){FD_PATH}\]",
        r"[\1, \2]",
    ),
    Rule("the size of a signal mask is not sent", r"^(signalfd4\(-1, \[.*\]), 8, ", r"\1, "),
    Rule(
        "what a call fills in is not known where it failed",
        r"^(?:(pipe2\()0x\w+|(prlimit64\(0, 0x63, NULL, )0x\w+|(accept4\(99, )NULL, NULL)",
        r"\1\2\3...",
    ),
    Rule(
        "clone has its flags in front, as the kernel takes them",
        r"^clone\(child_stack=NULL, flags=(\w+)\)",
        r"clone(\1, child_stack=NULL)",
    ),
    Rule("where the environment lies is not sent", r"0x\w+ (/\* \d+ vars \*/)", r"[\1]"),
    Rule(
        "raw calls show where their strings and structures lie",
        r'^(access|mkdirat|unlinkat|getrandom)(\((?:AT_FDCWD, )?)".*?"(?=, )',
        r"\1\2POINTER",
    ),
    Rule(
        "the same",
        r"^(rt_sigprocmask\(SIG_BLOCK, |setsockopt\(.*)\[.*\](?=, )",
        r"\1POINTER",
    ),
    Rule(
        "the same",
        r"^(epoll_ctl\(.*, )\{.*\}\)",
        r"\1POINTER)",
    ),
]

SANDBOX_RULES = [
    Rule(
        "the runtime reads the watch from the wrong argument",
        r"^(inotify_rm_watch\(\d+<[^>]*>, )-?\d+",
        r"\g<1>77",
    ),
]

COMMON_RULES = [
    Rule("kernels number sockets and pipes differently", r"(socket|pipe):\[\d+\]", r"\1"),
    Rule("kernels name inotify differently", r"anon_inode:(inotify|\[inotifyfd:\d+\])", "inotify"),
    Rule("addresses differ from run to run", r"\b0x(?:[0-9a-f]{6}|[0-9a-f]{12})\b", "POINTER"),
    Rule("process ids differ", r"^(clone.* = |wait4\()\d+", r"\1PID"),
    Rule("process ids differ", r"^(wait4.* = )\d+", r"\1PID"),
]

UNSENT = {"fchdir"}
"""Calls whose points the runtime lists, but from which no message ever comes."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tool in ("gcc", "strace"):
        if shutil.which(tool) is None:
            _absent(f"no {tool} on this machine")
    if platform.machine() != "x86_64":
        pytest.skip("the program makes calls that only x86_64 has")
    if os.getuid() != 0:
        _absent("sandboxes without a bundle need root")
    built = tmp_path_factory.mktemp("strace") / "program"
    subprocess.run(["gcc", "-static", "-w", "-o", built, PROGRAM], check=True)
    return built


def _absent(reason: str) -> None:
    if os.environ.get("GVTUI_REQUIRE_RUNSC") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gvtui-", dir="/tmp") as folder:
        yield Path(folder)


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
    names = [f"syscall/{name}" for name in DECODED_CALLS]
    names += [f"syscall/sysno/{numbers[name]}" for name in RAW_CALLS]
    points = []
    for name in names:
        call = name.removeprefix("syscall/")
        optional = ["fd_path"] if call in WITH_FD_PATH else ["envv"] if call == "execve" else []
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
    return _between(_as_lines(messages))


def _as_lines(messages: list[Decoded]) -> list[str]:
    lines: list[str] = []
    enters: dict[tuple[int, str], Decoded] = {}
    for decoded in messages:
        message: Any = decoded.message
        if decoded.kind is None or message.context_data.thread_id != 1:
            continue
        key = (1, render(decoded, architecture="x86_64").name)
        if direction(decoded.kind, message) == "E":
            enters[key] = decoded
        else:
            enter = enters.pop(key, None)
            lines.append(strace_line(decoded, architecture="x86_64", enter=enter))
    return lines


def levelled(lines: list[str], rules: list[Rule]) -> list[str]:
    """The lines after the rules have been applied to them, in order; each must be of use."""
    text = "\n".join(lines)
    for rule in rules:
        text, times = re.subn(rule.pattern, rule.replacement, text, flags=re.MULTILINE)
        assert times, f"no line needs the rule {rule.reason!r}: {rule.pattern}"
    return text.splitlines()


@pytest.mark.parametrize("binary", binaries_as_params())
def test_calls_read_alike(binary: RunscBinary | None, program: Path, short_folder: Path) -> None:
    sandboxed = sandbox_lines(need(binary), program, short_folder)
    native = [
        line for line in native_lines(program, short_folder) if line.partition("(")[0] not in UNSENT
    ]
    assert levelled(sandboxed, SANDBOX_RULES + COMMON_RULES) == levelled(
        native, STRACE_RULES + COMMON_RULES
    )
    assert {line.partition("(")[0] for line in sandboxed} == set(DECODED_CALLS + RAW_CALLS) - UNSENT
