"""No module opens a file for writing but those that do it so that no other file is ever hit."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gvtui

PACKAGE = Path(gvtui.__file__).parent

WRITERS = {"files.py", "trace/writer.py"}
"""Whole files, and a trace that grows."""

WRITING_FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"}
BY_PATH = {"chmod", "chown", "lchown", "truncate", "mkfifo", "mknod"}


def faults(source: str) -> list[str]:
    """What in a module may write to, or change, a file by its name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        constants = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
        words = [word for word in constants if isinstance(word, str)]
        attributes = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        if ast.unparse(node.func) == "formatter.write_text":
            # Click's, which writes no file.
            continue
        if name in ("write_text", "write_bytes", "touch", "fdopen"):
            found.append(ast.unparse(node))
        elif name == "open":
            modes = [word for word in words if word and set(word) <= set("rwaxbt+")]
            is_written = any(set(mode) & set("wax+") for mode in modes)
            is_opened_so = attributes & WRITING_FLAGS and "devnull" not in attributes
            if is_written or is_opened_so:
                found.append(ast.unparse(node))
        elif name in BY_PATH and not any("/proc/self/fd/" in word for word in words):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_only_writers_open_files_for_writing(path: Path) -> None:
    if str(path.relative_to(PACKAGE)) not in WRITERS:
        assert faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "open(p, 'w')",
        "path.open('ab')",
        "path.open(mode='r+')",
        "path.write_text('x')",
        "os.open(p, os.O_RDWR | os.O_CREAT)",
        "os.chmod(p, 0o600)",
        "shutil.chown(p, 1)",
    ],
)
def test_each_way_to_write_is_found(code: str) -> None:
    assert faults(code)
