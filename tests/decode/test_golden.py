"""The recorded traces against lines that a person has read.

`GVTUI_UPDATE_GOLDEN=1` writes the lines anew; read the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.decode.strace import strace_line
from tests.decode.helpers import recorded, with_enters

GOLDEN = Path(__file__).parent / "golden"
TRACES = [
    "upstream-echo",
    "seed-example",
    "shell-2022",
    "shell-2024",
    "network-2024",
    "compile-2024",
]


def distinct_lines(name: str) -> list[str]:
    """The first line of each call, side and outcome, and every line of short traces."""
    pairs = with_enters(recorded(name))
    shown: list[str] = []
    seen: set[tuple[int, str, str]] = set()
    for decoded, enter in pairs:
        line = strace_line(decoded, architecture="x86_64", enter=enter)
        call, _, rest = line.partition("(")
        outcome = "unfinished" if rest.endswith("...>") else "done"
        if ") = -1 " in rest:
            outcome = rest.rpartition(") = -1 ")[2]
        key = (decoded.header.message_type, call, outcome)
        if len(pairs) < 50 or key not in seen:
            seen.add(key)
            shown.append(line)
    return shown


@pytest.mark.parametrize("name", TRACES)
def test_golden(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    lines = distinct_lines(name)
    if os.environ.get("GVTUI_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    assert lines == path.read_text().splitlines()
