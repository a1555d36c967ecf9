"""The tables against the C library's headers, where a compiler and an x86_64 machine are at hand."""

from __future__ import annotations

import platform
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from gvtui.decode import file_flags, ioctl_names, memory_flags, sockets, task_flags
from gvtui.decode.flags import Flags, ValueSet

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

HEADERS = """
fcntl.h sys/mman.h sched.h sys/socket.h sys/inotify.h sys/eventfd.h sys/signalfd.h sys/timerfd.h
sys/epoll.h sys/stat.h sys/wait.h sys/file.h sys/random.h sys/resource.h sys/time.h time.h
sys/prctl.h sys/ioctl.h sys/uio.h sys/shm.h sys/xattr.h sys/ptrace.h linux/futex.h linux/prctl.h
linux/seccomp.h linux/netlink.h netinet/in.h netinet/tcp.h asm/prctl.h linux/sockios.h linux/fs.h
linux/close_range.h stdio.h signal.h unistd.h linux/falloc.h asm/ptrace-abi.h
""".split()

OWN_NAMES = {"O_LARGEFILE"}
"""Names whose value the C library hides: O_LARGEFILE is 0 to 64-bit programs."""


def table_values(module: ModuleType) -> dict[str, int]:
    found: dict[str, int] = {}

    def take(name: str, value: int) -> None:
        if name.isidentifier() and name not in OWN_NAMES:
            found[name] = value

    for thing in vars(module).values():
        tables = thing.values() if isinstance(thing, dict) else [thing]
        if isinstance(thing, dict) and "x86_64" in thing:
            tables = [thing["x86_64"]]
        for table in tables:
            if isinstance(table, Flags):
                for value, name in table.bits:
                    take(name, value)
                for value, name in table.choice.items():
                    take(name, value)
            elif isinstance(table, ValueSet):
                for value, name in table.names.items():
                    take(name, value)
    return found


@pytest.fixture(scope="module")
def header_values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    if shutil.which("gcc") is None or platform.machine() != "x86_64":
        pytest.skip("needs gcc on x86_64")
    names = sorted(_all_values())
    directory: Path = tmp_path_factory.mktemp("headers")
    source = directory / "values.c"
    lines = ["#define _GNU_SOURCE"]
    lines += [f"#if __has_include(<{header}>)\n#include <{header}>\n#endif" for header in HEADERS]
    lines.append("int main(void) {")
    lines += [
        f'#ifdef {n}\nprintf("{n} %llu\\n", (unsigned long long)({n}));\n#endif' for n in names
    ]
    lines.append("return 0; }")
    source.write_text("\n".join(lines))
    program = directory / "values"
    subprocess.run(["gcc", "-w", "-o", program, source], check=True)
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {name: int(value) for name, value in (line.split() for line in output.splitlines())}


def _all_values() -> dict[str, int]:
    values: dict[str, int] = {}
    for module in (file_flags, memory_flags, sockets, task_flags):
        values.update(table_values(module))
    values.update({name: value for value, name in ioctl_names._NAMES.items()})
    return values


def test_tables_agree_with_the_headers(header_values: dict[str, int]) -> None:
    tables = _all_values()
    width = 0xFFFFFFFF
    wrong = {
        name: (hex(tables[name]), hex(value))
        for name, value in header_values.items()
        if tables[name] & width != value & width
    }
    assert not wrong
    assert len(header_values) > 350
