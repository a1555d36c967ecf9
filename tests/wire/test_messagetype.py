from __future__ import annotations

from gvtui.wire.messages import ENUM_NAMES, KINDS
from gvtui.wire.messagetype import (
    WITH_ADDRESS,
    WITH_FD,
    WITH_NEW_FD,
    WITH_PATH,
    MessageType,
)


def test_the_types_are_those_of_the_schema() -> None:
    schema = {f"MESSAGE_{each.name}": each.value for each in MessageType}
    assert schema == {name: number for number, name in ENUM_NAMES.items() if number}


def test_lists_of_types_hold_for_the_messages_fields() -> None:
    fields = {
        number: set(kind.message_class.DESCRIPTOR.fields_by_name) for number, kind in KINDS.items()
    }
    assert {number for number, names in fields.items() if "address" in names} == set(WITH_ADDRESS)
    assert all("exit" in fields[number] for number in WITH_NEW_FD)
    with_path = {number for number, names in fields.items() if "pathname" in names}
    assert set(WITH_PATH) <= with_path
    with_fd = {number for number, names in fields.items() if {"fd", "old_fd"} & names}
    assert set(WITH_FD) <= with_fd
    assert with_fd - set(WITH_FD) <= set(WITH_PATH)
