"""Every message that the installed runsc can send is known, with the same fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from gvtui.wire.messages import KINDS
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2
from tests.e2e.containers import RunscBinary

pytestmark = pytest.mark.e2e

NAME = re.compile(rb"\x0a[\x20-\x40](?=pkg/sentry/seccheck/points/(\w+)\.proto)")
SYNTAX_FIELD = 12
"""The last field of a file's descriptor, as Go's generator writes it."""


def varint(data: bytes, position: int) -> tuple[int, int]:
    """A number and where it ends."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def embedded_files(binary: bytes) -> Iterator[FileDescriptorProto]:
    """The descriptors of gVisor's points that a Go program holds."""
    for match in NAME.finditer(binary):
        position = match.start()
        while True:
            tag, after = varint(binary, position)
            if tag & 7 != 2:
                break
            size, after = varint(binary, after)
            position = after + size
            if tag >> 3 == SYNTAX_FIELD:
                yield FileDescriptorProto.FromString(binary[match.start() : position])
                break


@pytest.fixture
def files(binary: RunscBinary) -> dict[str, FileDescriptorProto]:
    found = embedded_files(Path(binary.path).read_bytes())
    return {file.package: file for file in found}


def known_messages() -> dict[str, DescriptorProto]:
    """Ours, by name without package: some have moved from one package to another."""
    found = {}
    for module in (common_pb2, container_pb2, sentry_pb2, syscall_pb2):
        for descriptor in module.DESCRIPTOR.message_types_by_name.values():
            found[descriptor.name] = DescriptorProto()
            descriptor.CopyToProto(found[descriptor.name])
    return found


def facts(field: FieldDescriptorProto) -> tuple[str, int, int, str, bool]:
    """What must be equal for a field to be read rightly."""
    repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
    type_name = field.type_name.rpartition(".")[2]
    return field.name, field.number, field.type, type_name, repeated


def test_the_binary_holds_all_four_files(files: dict[str, FileDescriptorProto]) -> None:
    assert set(files) == {"gvisor.common", "gvisor.container", "gvisor.sentry", "gvisor.syscall"}


def test_every_message_and_field_is_known(files: dict[str, FileDescriptorProto]) -> None:
    messages = 0
    known_by_name = known_messages()
    for file in files.values():
        for theirs in file.message_type:
            ours = known_by_name[theirs.name]
            known = {field.number: facts(field) for field in ours.field}
            for field in theirs.field:
                assert known.get(field.number) == facts(field), f"{theirs.name}.{field.name}"
            messages += 1
    assert messages > 40


def test_every_message_type_is_known(files: dict[str, FileDescriptorProto]) -> None:
    (enum,) = (enum for file in files.values() for enum in file.enum_type)
    known = dict(common_pb2.MessageType.items())
    for value in enum.value:
        assert known[value.name] == value.number
        assert value.number == 0 or value.number in KINDS
