from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import gvtui
from gvtui.errors import GvtuiError, ReadOnlyError, UsageError
from gvtui.faults import FaultError


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(gvtui.__path__, "gvtui.")
    names = (module.name for module in found)
    return [
        importlib.import_module(name)
        for name in names
        if ".pb" not in name and not name.endswith("__main__")
    ]


def test_each_has_the_exit_code_of_its_kind() -> None:
    assert GvtuiError("x").exit_code == 1
    assert UsageError("x").exit_code == 2
    assert ReadOnlyError().exit_code == 1


def test_what_readonly_refuses_is_told_whole() -> None:
    assert str(ReadOnlyError()) == (
        "gvtui follows a recording or was started with --readonly: it changes no sandbox and no "
        "session file"
    )
    with pytest.raises(GvtuiError):
        raise ReadOnlyError


def test_every_error_of_gvtuis_own_derives_from_them_or_from_a_value_error() -> None:
    """What reaches a user is a GvtuiError; what is caught on the way says which kind it is."""
    own = {
        each
        for module in modules()
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__.startswith("gvtui.")
    }
    assert len(own) > 20
    astray = {each for each in own if not issubclass(each, GvtuiError | ValueError)}
    # A fault of gvtui's own is nothing that a user can act on.
    assert astray == {FaultError}
    assert {each.exit_code for each in own if issubclass(each, GvtuiError)} <= {1, 2, 3}
