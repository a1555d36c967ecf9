from __future__ import annotations

import pytest

from gvtui.decode.origin import Origin, mapping_origin, program_origin
from gvtui.wire.pb import sentry_pb2


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({}, Origin.UNKNOWN),
        # A gVisor of 2024, which tells mode and owner and nothing else.
        ({"mode": 0o100755}, Origin.UNKNOWN),
        ({"mode": 0o100755, "ino": 8}, Origin.ELSEWHERE),
        ({"mode": 0o100755, "ino": 8, "lower": True}, Origin.IMAGE),
        ({"ino": 8, "lower": True, "upper": True}, Origin.MODIFIED),
        ({"ino": 8, "upper": True}, Origin.NEW),
    ],
)
def test_where_files_came_from(fields: dict[str, int], origin: Origin) -> None:
    mode, ino = fields.get("mode", 0), fields.get("ino", 0)
    upper, lower = bool(fields.get("upper")), bool(fields.get("lower"))
    program = sentry_pb2.ExecveInfo(
        binary_mode=mode,
        binary_ino=ino,
        binary_overlayfs_upper=upper,
        binary_overlayfs_lower=lower,
    )
    assert program_origin(program) is origin
    mapping = sentry_pb2.MmapInfo(
        mapped_path="/x",
        mapped_mode=mode,
        mapped_ino=ino,
        overlayfs_upper=upper,
        overlayfs_lower=lower,
    )
    assert mapping_origin(mapping) is origin


def test_memory_is_no_file() -> None:
    program = sentry_pb2.ExecveInfo(binary_path="/dev/fd/8", binary_ino=3, binary_in_memfd=True)
    assert program_origin(program) is Origin.MEMORY
    assert mapping_origin(sentry_pb2.MmapInfo()) is Origin.MEMORY
    named = sentry_pb2.MmapInfo(mapped_path="/memfd:x (deleted)", mapped_ino=4)
    assert mapping_origin(named) is Origin.MEMORY


def test_capitals_are_for_what_one_should_look_at() -> None:
    assert [origin.shown for origin in Origin] == [
        "",
        "image",
        "MODIFIED",
        "NEW",
        "elsewhere",
        "MEMORY",
    ]
