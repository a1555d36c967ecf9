"""The messages gvtui knows are those of gVisor, and the generated modules are those of proto/."""

from __future__ import annotations

import importlib
import importlib.resources
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from gvtui.wire.pb import common_pb2

REPO = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((REPO / "tests" / "data" / "schema.json").read_text())
FILES = ("common", "container", "sentry", "syscall")

_TYPES = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}


def known_messages() -> dict[str, list[dict[str, Any]]]:
    """Every message of ours, in the form of the schema facts."""
    found = {}
    for name in FILES:
        module = importlib.import_module(f"gvtui.wire.pb.{name}_pb2")
        for message in module.DESCRIPTOR.message_types_by_name.values():
            found[message.full_name] = [
                {
                    "number": field.number,
                    "name": field.name,
                    "type": field.message_type.full_name
                    if field.message_type
                    else _TYPES[field.type],
                    "repeated": field.is_repeated,
                }
                for field in sorted(message.fields, key=lambda field: field.number)
            ]
    return found


def test_every_message_and_field_is_as_in_gvisor() -> None:
    assert known_messages() == SCHEMA["messages"]


def test_every_message_type_is_as_in_gvisor() -> None:
    (enum,) = SCHEMA["enum"].values()
    assert dict(common_pb2.MessageType.items()) == enum


@pytest.mark.parametrize("name", FILES)
def test_generated_modules_are_up_to_date(name: str, tmp_path: Path) -> None:
    from grpc_tools import protoc

    package = tmp_path / "gvtui" / "wire" / "pb"
    common = importlib.resources.files("grpc_tools") / "_proto"
    arguments = [f"-Igvtui/wire/pb={REPO / 'proto'}", f"-I{common}"]
    arguments += [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    assert protoc.main(["protoc", *arguments, f"gvtui/wire/pb/{name}.proto"]) == 0
    for suffix in ("_pb2.py", "_pb2.pyi"):
        made = (package / f"{name}{suffix}").read_text()
        kept = (REPO / "gvtui" / "wire" / "pb" / f"{name}{suffix}").read_text()
        assert made == kept, f"{name}{suffix} differs: run make proto"
