"""Only classes of the analysis are named, and found again."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from gvtui.query.kept.classes import FACTORIES, class_name, class_of, factory_name, members_of
from gvtui.query.kept.framing import BrokenStateError, NotKeptError
from gvtui.query.processes.process import Evidence
from gvtui.query.resolved.texts import Texts


@pytest.mark.parametrize("cls", [Texts, Evidence])
def test_a_class_is_found_by_the_name_that_is_told(cls: type) -> None:
    assert class_of(*class_name(cls)) is cls


@pytest.mark.parametrize("cls", [Path, dict, type("Local", (), {})])
def test_no_other_class_has_a_name(cls: type) -> None:
    with pytest.raises(NotKeptError):
        class_name(cls)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("gvtui.query.kept.classes", "importlib"),
        ("gvtui.query.kept.classes", "importlib.import_module"),
        ("gvtui.query.shelf", "Path"),
        ("gvtui.query.resolved.naming", "resolve"),
    ],
)
def test_only_classes_of_the_analysis_are_found(module: str, name: str) -> None:
    with pytest.raises((BrokenStateError, AttributeError)):
        class_of(module, name)


def test_members_are_found_by_their_values() -> None:
    assert [members_of(Evidence)(each.value) for each in Evidence] == list(Evidence)
    with pytest.raises(BrokenStateError):
        members_of(Texts)


@pytest.mark.parametrize("name", FACTORIES)
def test_what_a_dictionary_makes_has_a_name(name: str) -> None:
    made: defaultdict[Any, Any] = defaultdict(FACTORIES[name])
    assert factory_name(made) == name


def test_nothing_else_is_made_for_keys() -> None:
    with pytest.raises(NotKeptError):
        factory_name(defaultdict(Texts))
