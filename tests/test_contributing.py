"""Follows the recipes of CONTRIBUTING.md in a copy of the package, as somebody new would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gvtui.trace.reader import Trace

REPO = Path(__file__).parents[1]
RECORDING = REPO / "tests" / "data" / "traces" / "shell-2024.trace"
BLOCK = re.compile(r"```python\n# (?P<where>[^\n]+)\n(?P<code>.*?)```", re.DOTALL)


def follow(heading: str, home: Path) -> None:
    """Do in `home`, a copy of the package, what a recipe says."""
    text = (REPO / "CONTRIBUTING.md").read_text("utf-8")
    recipe = text.partition(f"### {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    blocks = list(BLOCK.finditer(recipe))
    assert blocks
    for block in blocks:
        path, _, place = block["where"].partition(", ")
        file = home / path
        if not place:
            file.parent.mkdir(exist_ok=True)
            file.write_text(block["code"], "utf-8")
            continue
        lines = file.read_text("utf-8").splitlines(keepends=True)
        if place == "among the imports":
            start = next(n for n, line in enumerate(lines) if line.startswith("from gvtui"))
        else:
            name = place.removeprefix("in ")
            begin = next(n for n, line in enumerate(lines) if re.match(rf"{name}\b.*=.*\($", line))
            start = next(n for n in range(begin, len(lines)) if lines[n].startswith(")"))
        lines.insert(start, block["code"])
        file.write_text("".join(lines), "utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("gvtui", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "__snapshots__", "e2e")
        shutil.copytree(REPO / name, tmp_path / name, ignore=ignored)
    return tmp_path


def run(home: Path, *words: str) -> str:
    """What Python prints with the copied package."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_command(home: Path) -> None:
    follow("Add a command", home)
    said = run(
        home,
        "-c",
        "from gvtui.tui.features import FEATURES, PANES\n"
        "from tests.tui.fake import FakeViewer\n"
        "viewer = FakeViewer(*FEATURES, panes=PANES)\n"
        "viewer.run_command('counting.rows')\n"
        "print(viewer.said, viewer.commands.keys_of('counting.rows'))",
    )
    assert re.search(r"There are \d+,?\d* rows\. (\^n|Ctrl\+N)", said, re.IGNORECASE), said
    assert "counting.rows" in run(home, "-m", "gvtui", "keys")


def test_a_pane(home: Path) -> None:
    follow("Add a pane", home)
    run(
        home,
        "-c",
        "from tests.tui.helpers import drive, recording, screen_text, until\n"
        "app = recording()\n"
        "async def script(pilot):\n"
        "    app.show_pane('hello')\n"
        "    await until(pilot, lambda: 'Hello, connection 1' in screen_text(app))\n"
        "drive(app, script)",
    )


def test_a_filter_field(home: Path) -> None:
    follow("Add a filter field", home)
    words = ("print", str(RECORDING), "--format", "json", "--filter", "evt.size > 250")
    found = run(home, "-m", "gvtui", *words).splitlines()
    with closing(Trace.open(RECORDING)) as trace:
        sizes = [len(trace.payload(n)) for n in range(trace.end_row) if trace.row(n).kind == 0]
    assert 0 < len(found) == sum(size > 250 for size in sizes) < len(sizes)
    assert "evt.size" in run(home, "-m", "gvtui", "help", "filters")


def test_an_export(home: Path) -> None:
    follow("Add an export", home)
    lines = run(home, "-m", "gvtui", "print", str(RECORDING), "--format", "csv").splitlines()
    assert len(lines) > 1000
    assert all(re.fullmatch(r"\d+,\d+,-?\d+", line) for line in lines)
