from __future__ import annotations

from gvtui.decode.raw import _FORMS_BY_ARCHITECTURE
from gvtui.decode.raw_table import ARGUMENTS, RESULT_FORMS
from gvtui.points.syscalls import sysnos_by_name

KNOWN = set(sysnos_by_name("x86_64")) | set(sysnos_by_name("arm64"))


def test_every_entry_is_a_system_call() -> None:
    assert {name.removeprefix("arm64:") for name in ARGUMENTS} <= KNOWN
    assert set(RESULT_FORMS) <= KNOWN


def test_every_format_exists_on_both_architectures() -> None:
    used = {form for arguments in ARGUMENTS.values() for _, form in arguments} - {"skip"}
    for forms in _FORMS_BY_ARCHITECTURE.values():
        assert used <= set(forms)


def test_no_entry_is_too_long_or_repeats_a_name() -> None:
    for name, arguments in ARGUMENTS.items():
        names = [argument for argument, _ in arguments]
        assert len(names) <= 6, name
        assert len(set(names)) == len(names), name
