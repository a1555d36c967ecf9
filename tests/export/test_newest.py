"""A recording of the gVisor of September 2026 against what gVisor's own types make of it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.unknown_fields import UnknownFieldSet  # type: ignore[import-not-found]

from gvtui.decode.fields import ELEMENTS_LIMIT, TEXT_LIMIT, field_views
from gvtui.export.jsonlines import JsonExport
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.wire.messages import KINDS
from tests.trace.factory import TRACES

LARGE = {
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT64,
    FieldDescriptor.TYPE_SINT64,
    FieldDescriptor.TYPE_FIXED64,
}

Object = dict[str, Any]


@pytest.fixture(scope="module")
def theirs() -> list[Object]:
    with gzip.open(TRACES / "newest-2026.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def trace() -> Iterator[Trace]:
    trace = Trace.open(TRACES / "newest-2026.trace")
    yield trace
    trace.close()


@pytest.fixture(scope="module")
def row_ids(trace: Trace) -> list[int]:
    rows = trace.rows(0, trace.end_row)
    return [row for row in range(trace.end_row) if rows["kind"][row] == Kind.MESSAGE]


def test_it_has_nearly_every_kind_of_message(theirs: list[Object]) -> None:
    lacking = set(KINDS) - {each["type"] for each in theirs}
    assert {KINDS[number].name for number in lacking} == {"Chdir", "Fork", "Setresid"}


def test_every_message_is_read_as_gvisor_s_types_read_it(
    theirs: list[Object], trace: Trace, row_ids: list[int]
) -> None:
    assert len(row_ids) == len(theirs) == 1261
    for row_id, own in zip(row_ids, theirs, strict=True):
        decoded = trace.decoded(row_id)
        assert (decoded.header.message_type, decoded.header.dropped_count) == (
            own["type"],
            own["dropped"],
        )
        message: Any = decoded.message
        assert len(UnknownFieldSet(message)) == 0
        assert MessageToDict(message, preserving_proto_field_name=True) == own["message"]


def as_printed(descriptor: Any, values: Object, *, in_context: bool = False) -> Object:
    """What `print --format json` is to write for a message of gVisor's JSON."""
    printed: Object = {}
    for field in descriptor.fields:
        value = values.get(field.name)
        if field.message_type is not None:
            if value is not None and field.is_repeated:
                printed[field.name] = [as_printed(field.message_type, each) for each in value]
            elif value is not None:
                within = field.name == "context_data"
                printed[field.name] = as_printed(field.message_type, value, in_context=within)
        elif value is None and in_context:
            continue
        elif field.is_repeated:
            printed[field.name] = [plain(field, each) for each in value or []]
        else:
            printed[field.name] = plain(field, value)
    return printed


def plain(field: FieldDescriptor, value: Any) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return base64.b64decode(value or "").hex()
    if value is None:
        return field.default_value
    return int(value) if field.type in LARGE else value


def with_right_ports(fields: Object) -> Object:
    for descriptor in ("stdin", "stdout", "stderr"):
        for end in ("local", "remote"):
            address = fields.get(descriptor, {}).get("socket", {}).get(end)
            if address:
                sent = address["port"]
                address["port"] = int.from_bytes(sent.to_bytes(2, "little"), "big")
                address["port_raw"] = sent
    return fields


def test_every_field_is_printed_with_its_value(
    theirs: list[Object], trace: Trace, row_ids: list[int]
) -> None:
    lines = JsonExport(Selection(trace)).lines(0, trace.end_row)
    printed = [line for line in map(json.loads, lines) if "event" not in line]
    assert len(printed) == len(theirs)
    ports = set()
    for ours, own in zip(printed, theirs, strict=True):
        kind = KINDS[own["type"]]
        expected = as_printed(kind.message_class.DESCRIPTOR, own["message"])
        assert ours["fields"] == with_right_ports(expected)
        assert ours["dropped"] == own["dropped"]
        if "socket" in ours["fields"].get("stdin", {}):
            ports.add(ours["fields"]["stdin"]["socket"]["remote"]["port"])
    assert ports == {8081}


def leaves(values: Object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        for index, each in enumerate(value) if isinstance(value, list) else [(-1, value)]:
            path = f"{prefix}{name}" + (f"[{index}]" if index >= 0 else "")
            if isinstance(each, dict):
                yield from leaves(each, f"{path}.")
            else:
                yield path, each


def test_every_field_is_in_the_details_with_its_value(
    theirs: list[Object], trace: Trace, row_ids: list[int]
) -> None:
    assert max(len(own["message"].get("env", ())) for own in theirs) < ELEMENTS_LIMIT
    for row_id, own in zip(row_ids, theirs, strict=True):
        views = field_views(trace.decoded(row_id), architecture="x86_64")
        shown = {view.path: view for view in views}
        for path, value in leaves(own["message"]):
            # An argument that a raw call does not take is not shown where it is 0.
            raw = shown[path].raw
            if isinstance(value, bool):
                assert raw == str(value).lower(), path
            elif raw.startswith("0x"):
                assert raw == f"0x{base64.b64decode(value).hex()}"
            else:
                assert raw == str(value)[:TEXT_LIMIT], path
            if path.endswith(".port"):
                assert shown[path].decoded in ("8081", "63787")
