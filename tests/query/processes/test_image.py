from __future__ import annotations

from dataclasses import replace

import pytest

from gvtui.decode.origin import Origin
from gvtui.query.processes.image import ProgramFile, ProgramImages
from gvtui.wire.pb import common_pb2, sentry_pb2

FILE = ProgramFile(Origin.NEW, True, False, False, 8, 0, 0o100755, 1000, 100, "ab" * 32, "cd" * 20)


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "expected"),
    [
        (0o755, 1000, 100, True),
        (0o555, 1000, 100, False),
        (0o755, 1001, 100, False),
        (0o775, 1001, 100, True),
        (0o757, 1001, 200, None),
        (0o777, 1001, 200, True),
        (0o755, 1001, 200, False),
        # Root needs a capability for the files of others.
        (0o755, 0, 0, None),
        (0, 1000, 100, None),
    ],
)
def test_who_may_write(mode: int, uid: int, gid: int, expected: bool | None) -> None:
    assert replace(FILE, mode=mode).may_write(uid, gid) is expected


def test_root_may_write_to_its_own() -> None:
    assert replace(FILE, uid=0).may_write(0, 0) is True
    assert replace(FILE, uid=0, mode=0o555).may_write(0, 0) is None


def test_what_was_not_asked_for_is_not_there() -> None:
    images = ProgramImages()
    assert images.read(sentry_pb2.ExecveInfo(binary_path="/bin/sh")) is None


def test_what_is_alike_is_kept_once() -> None:
    images = ProgramImages()
    message = sentry_pb2.ExecveInfo(
        binary_mode=0o100755,
        binary_ino=8,
        binary_overlayfs_upper=True,
        binary_ctime=common_pb2.Timespec(sec=2, nsec=5),
        binary_sha256=b"\1" * 32,
        stdin=common_pb2.FdInfo(mode=0o10600, ino=5, path="pipe:[5]"),
    )
    one, other = images.read(message), images.read(message)
    assert one is not None
    assert other is not None
    assert one.file is other.file
    assert one.stdin is other.stdin
    assert one.file.ctime_ns == 2_000_000_005
    assert one.file.digests == ("01" * 32,)
    assert one.stdout is None
    assert one.is_writable is None
    message.context_data.credentials.SetInParent()
    told = images.read(message)
    assert told is not None
    assert told.is_writable is True
