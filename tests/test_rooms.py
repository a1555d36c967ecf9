"""The order of the rooms, by what really gets imported, and a test for every module."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import gvtui

REPO = Path(__file__).parents[1]
PACKAGE = REPO / "gvtui"
TESTS = REPO / "tests"

ROOMS = (
    "wire",
    "points",
    "fence",
    "trace",
    "decode",
    "redact",
    "query",
    "monitor",
    "agent",
    "export",
    "tui",
    "commands",
)
"""From the lowest to the highest; none imports one that comes after it."""

WITHOUT_TEXTUAL = [room for room in ROOMS if room not in ("tui", "commands")]


def modules(room: str) -> list[str]:
    """The modules of a room, those of the generated package left out."""
    path = PACKAGE / room
    found = pkgutil.walk_packages([str(path)], f"gvtui.{room}.")
    return [module.name for module in found if module.name != "gvtui.monitor.__main__"]


def imported_by(names: list[str]) -> set[str]:
    """What a fresh interpreter has loaded after importing these."""
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print('\\n'.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_loads_no_higher_one(room: str) -> None:
    loaded = imported_by([f"gvtui.{room}", *modules(room)])
    higher = ROOMS[ROOMS.index(room) + 1 :]
    assert not {name for name in loaded for other in higher if name.startswith(f"gvtui.{other}.")}
    if room in WITHOUT_TEXTUAL:
        assert not loaded & {"textual", "rich"}


def test_the_monitor_loads_little() -> None:
    """It starts with every viewer, and everything it loads costs it memory and time."""
    loaded = imported_by(["gvtui.monitor.__main__"])
    assert not loaded & {"textual", "rich", "lark", "click"}


def test_the_linter_agrees() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_is_known() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(ROOMS)
    assert gvtui.__version__


def place_of_test(module: str) -> Path:
    """Where the test of a module is: `trace/row` has tests/trace/test_row.py."""
    room, _, stem = module.rpartition("/")
    return TESTS / room / f"test_{stem.strip('_')}.py"


def source_modules() -> list[str]:
    """Modules that do something, those of the generated package left out."""
    return sorted(
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.stem != "__init__" and "pb" not in path.parts and does_something(path)
    )


def does_something(path: Path) -> bool:
    """Whether a module has any code to test; some hold words or types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


@pytest.mark.parametrize("module", source_modules())
def test_every_module_has_a_test(module: str) -> None:
    assert place_of_test(module).exists(), f"{place_of_test(module).relative_to(REPO)} is missing"
