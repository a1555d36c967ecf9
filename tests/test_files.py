from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gvtui import files
from gvtui.files import (
    appended,
    give,
    is_only_ours,
    locked_file,
    made,
    open_to_read,
    put_in_place,
    read_up_to,
    trust,
    unfinished_path,
    whole_file,
    write_whole,
    written_to,
)
from tests.held import most_taken

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is empty at first."""
    path = tmp_path / "folder"
    path.mkdir()
    return path


def test_readers_see_the_old_file_until_the_new_one_is_whole(folder: Path) -> None:
    path = folder / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with whole_file(path) as out:
        out.write(b"new")
        out.flush()
        assert path.read_bytes() == b"old"
        assert len(list(folder.iterdir())) == 2
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o640
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError("stop"), KeyboardInterrupt()])
def test_after_an_error_all_is_as_it_was(folder: Path, error: BaseException) -> None:
    path = folder / "a"
    path.write_bytes(b"old")

    def write(place: Path, *, is_new: bool) -> None:
        with whole_file(place, is_new=is_new) as out:
            out.write(b"half")
            raise error

    with pytest.raises(type(error)):
        write(path, is_new=False)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]
    with pytest.raises(type(error)):
        write(folder / "b", is_new=True)
    assert list(folder.iterdir()) == [path]


def test_a_new_file_has_the_mode_asked_for(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(folder / "a", b"")
        write_whole(folder / "b", b"", mode=0o600)
    finally:
        os.umask(before)
    assert (mode_of(folder / "a"), mode_of(folder / "b")) == (0o640, 0o600)


def test_a_file_that_must_be_new_replaces_none(folder: Path) -> None:
    path = folder / "a"
    with whole_file(path, is_new=True) as out:
        out.write(b"first")
    with pytest.raises(FileExistsError), whole_file(path, is_new=True):
        pytest.fail("it was there before")
    # Also if it comes while the new one is written.
    other = folder / "b"
    with pytest.raises(FileExistsError), whole_file(other, is_new=True) as out:
        other.write_bytes(b"faster")
    assert other.read_bytes() == b"faster"
    # A link that leads nowhere is a name that is taken, too.
    (folder / "c").symlink_to(folder / "nowhere")
    with pytest.raises(FileExistsError), whole_file(folder / "c", is_new=True):
        pass
    assert not (folder / "nowhere").exists()


def test_links_are_replaced_or_followed(folder: Path) -> None:
    precious, link = folder / "precious", folder / "link"
    precious.write_bytes(b"precious")
    precious.chmod(0o600)
    link.symlink_to(precious)
    write_whole(link, b"mine", follow=True)
    assert link.is_symlink()
    assert precious.read_bytes() == b"mine"
    assert mode_of(precious) == 0o600
    write_whole(link, b"theirs")
    assert not link.is_symlink()
    assert precious.read_bytes() == b"mine"


def test_only_files_are_replaced(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "inner").mkdir()
    for name in ("pipe", "inner"):
        with pytest.raises(OSError, match="no regular file"):
            write_whole(folder / name, b"x")
    assert sorted(path.name for path in folder.iterdir()) == ["inner", "pipe"]
    with pytest.raises(FileNotFoundError):
        write_whole(folder / "nowhere" / "a", b"x")


def test_a_device_is_not_even_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, opened = folder / "x", []
    link.symlink_to("/dev/zero")

    def opening(path: object, *_: object) -> int:
        opened.append(path)
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", opening)
        with pytest.raises(OSError, match="no regular file"):
            open_to_read(link)
    assert opened == []
    ours, terminal = os.openpty()
    with open_to_read(Path(f"/dev/fd/{terminal}"), streams=True) as file:
        assert file.isatty()
    os.close(terminal)
    os.close(ours)


def test_nobody_guesses_the_unfinished_name(folder: Path) -> None:
    path = folder / ("x" * 250)
    names = {unfinished_path(path).name for _ in range(100)}
    assert len(names) == 100
    write_whole(path, b"long names are no trouble")
    assert path.read_bytes()


def test_without_hard_links(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    path = folder / "a"
    write_whole(folder / "b", b"other")
    with whole_file(path, is_new=True) as out:
        out.write(b"first")
    assert path.read_bytes() == b"first"
    with pytest.raises(FileExistsError):
        put_in_place(folder / "b", path)
    assert path.read_bytes() == b"first"
    assert (folder / "b").read_bytes() == b"other"


def test_a_disk_that_is_full_is_told_before_the_name_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    (folder / "a").write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        write_whole(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"old"
    with whole_file(folder / "a", sync=False) as out:
        out.write(b"new")
    assert (folder / "a").read_bytes() == b"new"


def test_files_of_a_user_who_receives_for_us_are_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_trusted", set())
    info = tmp_path.stat()
    other = os.stat_result((info.st_mode & ~0o022, 1, 1, 1, os.geteuid() + 7, 0, 0, 0, 0, 0))
    assert not is_only_ours(other)
    trust(os.geteuid() + 7)
    assert is_only_ours(other)


@pytest.mark.parametrize("opened", [locked_file, appended, made, written_to])
def test_nothing_is_written_through_a_link(
    tmp_path: Path, opened: Callable[[Path], BinaryIO]
) -> None:
    (tmp_path / "victim").write_text("theirs")
    for name, target in (("link", "victim"), ("dangling", "nowhere")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(OSError, match=r"link|exists"):
            opened(tmp_path / name)
    assert (tmp_path / "victim").read_text() == "theirs"
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_there_is_written_to_from_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("0123")
    with written_to(tmp_path / "a") as file:
        file.write(b"-5")
    assert (tmp_path / "a").read_text() == "-523"
    with pytest.raises(FileNotFoundError):
        written_to(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def test_a_file_is_given_away_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("a", "."):
        give(tmp_path / name, os.geteuid(), os.getegid())
    assert (tmp_path / "a").stat().st_uid == os.geteuid()
    with pytest.raises(OSError, match="symbolic links"):
        give(tmp_path / "link", os.geteuid(), os.getegid())


def test_what_a_killed_writer_left_goes_with_the_next_file(folder: Path) -> None:
    left, young, held = (unfinished_path(folder / "x") for _ in range(3))
    beside = left.with_name(f"{left.name}.index")
    for path in (left, beside, young, held, folder / ".gvtui-mine.new"):
        path.write_bytes(b"half")
        if path is not young:
            os.utime(path, (0, 0))
    with held.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        write_whole(folder / "a", b"new")
    names = {path.name for path in folder.iterdir()}
    assert names == {"a", young.name, held.name, ".gvtui-mine.new"}


def test_a_file_that_is_being_written_is_not_taken_away(folder: Path) -> None:
    with whole_file(folder / "a") as out:
        out.write(b"slowly")
        out.flush()
        (unfinished,) = folder.iterdir()
        os.utime(unfinished, (0, 0))
        write_whole(folder / "b", b"quick")
    assert (folder / "a").read_bytes() == b"slowly"


@pytest.mark.parametrize("size", [0, 1, (64 << 10) - 1, 64 << 10, 200_000])
def test_of_a_file_as_much_is_read_as_may_be(folder: Path, size: int) -> None:
    data = os.urandom(size)
    (folder / "a").write_bytes(data)
    for most in (0, 1, size - 1, size, size + 1, 1 << 30):
        with open_to_read(folder / "a") as file:
            assert read_up_to(file, most) == data[: max(0, most)]


def test_reading_takes_memory_for_what_there_is(folder: Path) -> None:
    (folder / "a").write_bytes(b"little")
    with open_to_read(folder / "a") as file:
        assert most_taken(lambda: read_up_to(file, 1 << 30)) < 1 << 20
