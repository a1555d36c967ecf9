from __future__ import annotations

import pytest

from gvtui.decode import file_flags


@pytest.mark.parametrize(
    ("flags", "x86_64", "arm64"),
    [
        (0, "O_RDONLY", "O_RDONLY"),
        (0o40000, "O_RDONLY|O_DIRECT", "O_RDONLY|O_DIRECTORY"),
        (0o100000, "O_RDONLY|O_LARGEFILE", "O_RDONLY|O_NOFOLLOW"),
        (0o200000, "O_RDONLY|O_DIRECTORY", "O_RDONLY|O_DIRECT"),
        (0o400000, "O_RDONLY|O_NOFOLLOW", "O_RDONLY|O_LARGEFILE"),
        (0o20200002, "O_RDWR|O_TMPFILE", "O_RDWR|O_DIRECT|0x400000"),
        (0o20040002, "O_RDWR|O_DIRECT|0x400000", "O_RDWR|O_TMPFILE"),
        (0o4010001, "O_WRONLY|O_SYNC", "O_WRONLY|O_SYNC"),
        (0o10001, "O_WRONLY|O_DSYNC", "O_WRONLY|O_DSYNC"),
        (3, "O_ACCMODE", "O_ACCMODE"),
    ],
)
def test_open_flags_by_architecture(flags: int, x86_64: str, arm64: str) -> None:
    assert file_flags.OPEN["x86_64"].text(flags) == x86_64
    assert file_flags.OPEN["arm64"].text(flags) == arm64


def test_mode_is_read_only_by_calls_that_create() -> None:
    assert file_flags.opens_with_mode(0o100)
    assert file_flags.opens_with_mode(0o20200000)
    assert not file_flags.opens_with_mode(0o2000002)


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        (0o100644, "S_IFREG|0644"),
        (0o104755, "S_IFREG|S_ISUID|0755"),
        (0o41777, "S_IFDIR|S_ISVTX|0777"),
        (0o140755, "S_IFSOCK|0755"),
        (0o644, "0644"),
        (0o170000, "0170000"),
        (1 << 20, "04000000"),
    ],
)
def test_file_mode(mode: int, shown: str) -> None:
    assert file_flags.file_mode(mode) == shown


def test_directory_fd() -> None:
    assert file_flags.directory_fd(-100) == file_flags.directory_fd(0xFFFFFF9C) == "AT_FDCWD"
    assert file_flags.directory_fd(4) == "4"


def test_inotify_mask() -> None:
    assert file_flags.INOTIFY_MASK.text(0x1000) == "0x1000"
    assert file_flags.INOTIFY_MASK.text(0x80000002) == "IN_MODIFY|IN_ONESHOT"
