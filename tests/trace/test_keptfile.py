"""A side file of kept state is believed only from this user, whole, and for what it was made from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.files import open_to_read
from gvtui.trace import keptfile, sidefiles
from gvtui.trace.keptfile import identity_of, open_kept, vouches, write_kept
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import kept_path
from tests.trace.factory import recorded_datagrams, write_trace

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTIONS = {"a": b"first" * 100, "b": b"", "c": bytes(range(256))}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("seed-example"))])


def kept(log: Path, version: str = "1") -> sidefiles.IndexFiles:
    pair = sidefiles.beside(log)
    identity = identity_of(log, pair)
    assert identity is not None
    sections = [(name, iter((data[:7], data[7:]))) for name, data in SECTIONS.items()]
    assert write_kept(pair, identity, version, 42, sections)
    return pair


def test_what_was_written_is_read(log: Path) -> None:
    pair = kept(log)
    found = open_kept(log, pair, "1")
    assert found is not None
    assert found.rows == 42
    assert found.names == list(SECTIONS)
    assert {name: found.read(name) for name in SECTIONS} == SECTIONS
    place = found.place("c")
    assert place is not None
    fd, offset, size = place
    assert os.pread(fd, size, offset) == SECTIONS["c"]
    assert found.read("d") is None
    stream = found.stream("c")
    assert stream is not None
    assert stream.seek(-6, os.SEEK_END) == 250
    assert (stream.read(4), stream.read(), stream.read(1)) == (
        bytes(range(250, 254)),
        bytes((254, 255)),
        b"",
    )
    assert (stream.seek(2), stream.seek(1, os.SEEK_CUR), stream.read(1)) == (2, 3, b"\x03")
    assert found.place("d") is None
    assert vouches(log, pair)
    assert kept_path(pair).stat().st_mode & 0o777 == 0o600


@given(data=st.data())
def test_no_changed_byte_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    log = write_trace(
        tmp_path_factory.mktemp("r") / "run.gvtrace", [(1, recorded_datagrams("seed-example"))]
    )
    pair = kept(log)
    path = kept_path(pair)
    raw = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        # Between the head and the sections is a gap that nobody reads.
        places = [*range(600), *range(len(raw) - 800, len(raw))]
        raw[data.draw(st.sampled_from(places))] ^= data.draw(st.integers(1, 255))
    else:
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    path.write_bytes(raw)
    found = open_kept(log, pair, "1")
    if found is not None:
        assert all(found.read(name) in (None, SECTIONS[name]) for name in SECTIONS)


def test_it_is_void_when_a_file_has_changed(log: Path) -> None:
    for path in (log, *sidefiles.beside(log)):
        pair = kept(log)
        assert vouches(log, pair)
        raw = path.read_bytes()
        path.write_bytes(raw)
        assert not vouches(log, pair), path
        assert open_kept(log, pair, "1") is None


def test_it_is_void_for_another_version(log: Path) -> None:
    pair = kept(log)
    assert open_kept(log, pair, "2") is None
    assert vouches(log, pair)


def test_one_that_another_key_has_sealed_is_not_believed(log: Path) -> None:
    pair = kept(log)
    key = platformdirs.user_state_path("gvtui") / "kept.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_bytes(bytes(32))
    assert open_kept(log, pair, "1") is None
    assert not vouches(log, pair)


def test_without_a_key_nothing_is_believed_and_none_is_made(log: Path) -> None:
    pair = kept(log)
    key = platformdirs.user_state_path("gvtui") / "kept.key"
    key.unlink()
    assert open_kept(log, pair, "1") is None
    assert not key.exists()


def test_a_key_that_others_may_read_is_none(log: Path) -> None:
    pair = kept(log)
    key = platformdirs.user_state_path("gvtui") / "kept.key"
    key.chmod(0o644)
    assert open_kept(log, pair, "1") is None
    identity = identity_of(log, pair)
    assert identity is not None
    assert not write_kept(pair, identity, "1", 42, [])


def test_one_that_others_may_write_is_not_believed(log: Path) -> None:
    pair = kept(log)
    kept_path(pair).chmod(0o666)
    assert open_kept(log, pair, "1") is None
    # What is made in its place is.
    kept(log)
    assert open_kept(log, pair, "1") is not None
    assert kept_path(pair).stat().st_mode & 0o777 == 0o600


def test_what_was_opened_is_asked_and_not_its_name(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = kept(log)
    path, other = kept_path(pair), tmp_path / "other"
    other.write_bytes(path.read_bytes())
    for mode in (0o666, 0o600):
        other.chmod(mode)
        with monkeypatch.context() as patch:
            # The name leads elsewhere at the moment when it is opened.
            patch.setattr(keptfile, "open_to_read", lambda _: open_to_read(other))
            assert open_kept(log, pair, "1") is None
    assert open_kept(log, pair, "1") is not None
    path.unlink()
    path.symlink_to(other)
    assert open_kept(log, pair, "1") is None


def test_nothing_is_written_where_others_may_write(log: Path) -> None:
    pair = sidefiles.beside(log)
    identity = identity_of(log, pair)
    assert identity is not None
    log.parent.chmod(0o777)
    assert not write_kept(pair, identity, "1", 42, [])
    assert not kept_path(pair).exists()


def test_what_changed_just_now_has_no_identity(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptfile, "SETTLED_NS", 1 << 60)
    assert identity_of(log, sidefiles.beside(log)) is None


def test_an_index_that_is_vouched_for_is_not_read_through(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(log)
    read: list[Path] = []

    def is_intact(log: Path, *_: object, **__: object) -> bool:
        read.append(log)
        return True

    monkeypatch.setattr("gvtui.trace.trusting._is_intact", is_intact)
    Trace.open(log).close()
    assert not read
    log.touch()
    Trace.open(log).close()
    assert read == [log]


def test_a_file_that_grows_is_read_group_by_group(log: Path) -> None:
    pair = sidefiles.beside(log)
    identity, path = identity_of(log, pair), kept_path(pair)
    assert identity is not None
    seen: list[tuple[list[str], bool]] = []
    first: list[keptfile.KeptFile] = []

    def groups() -> Iterator[list[tuple[str, Iterator[bytes]]]]:
        for name, data in SECTIONS.items():
            yield [(name, iter((data,))), (f"more {name}", iter((b"x",)))]
            found = open_kept(log, pair, "1")
            assert found is not None
            assert {own: found.read(own) for own in SECTIONS if own in found.names} == {
                own: data for own, data in SECTIONS.items() if own in found.names
            }
            seen.append((found.names, found.is_whole))
            first.append(found)

    assert keptfile.write_growing(identity, "1", lambda: 42, groups(), path)
    assert [len(names) for names, _ in seen] == [2, 4, 6]
    assert not any(is_whole for _, is_whole in seen)
    found = open_kept(log, pair, "1")
    assert found is not None
    assert found.is_whole
    assert first[0].take_over(found)
    assert first[0].names == found.names
    assert first[0].read("c") == SECTIONS["c"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not first[0].take_over(open_again(log, pair))


def open_again(log: Path, pair: sidefiles.IndexFiles) -> keptfile.KeptFile:
    """What is kept, in a file that has replaced the one before."""
    kept(log)
    found = open_kept(log, pair, "1")
    assert found is not None
    return found


def test_a_growing_file_replaces_another_one_late_and_is_removed_where_it_never_did(
    log: Path,
) -> None:
    pair = kept(log)
    identity, path = identity_of(log, pair), kept_path(pair)
    assert identity is not None

    def groups(most: int) -> Iterator[list[tuple[str, Iterator[bytes]]]]:
        for number in range(most):
            found = open_kept(log, pair, "1")
            assert found is not None
            had.append(len(found.names))
            yield [(str(number), iter((b"x",)))]
        raise OSError

    had: list[int] = []
    assert not keptfile.write_growing(identity, "1", lambda: 42, groups(3), path, least=3)
    assert had == [3, 3, 3]
    assert not keptfile.write_growing(identity, "1", lambda: 42, groups(6), path, least=3)
    assert had[3:] == [3, 3, 3, 3, 4, 5]
    assert not list(log.parent.glob(".gvtui-*"))
    path.unlink()
    path.mkdir()
    assert not keptfile.write_growing(identity, "1", lambda: 42, iter(()), path)


def test_a_head_without_room_for_its_names_is_not_written(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keptfile, "_MAX_HEAD", 300)
    pair = sidefiles.beside(log)
    identity = identity_of(log, pair)
    assert identity is not None
    groups = [[(f"section {number}", iter((b"x",)))] for number in range(20)]
    assert not keptfile.write_growing(identity, "1", lambda: 42, groups, kept_path(pair))
