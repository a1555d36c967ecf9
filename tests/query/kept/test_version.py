"""The version changes with the code that understands recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

import gvtui
from gvtui.query.kept.version import version


def test_it_is_that_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = version()
    assert len(known) == 64
    package = tmp_path / "gvtui"
    (package / "query").mkdir(parents=True)
    monkeypatch.setattr(gvtui, "__file__", str(package / "__init__.py"))
    digests = set()
    for code in ("a = 1", "a = 2"):
        (package / "query" / "x.py").write_text(code)
        version.cache_clear()
        digests.add(version())
    (package / "query" / "x.py").unlink()
    version.cache_clear()
    assert version() == ""
    assert len(digests) == 2
    monkeypatch.undo()
    version.cache_clear()
    assert version() == known
