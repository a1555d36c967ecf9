from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.trace.files import segment_numbers, segment_path
from gvtui.trace.records import TraceError
from gvtui.trace.seal import read_seal, seal, seal_path, verify
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, write_trace


@pytest.fixture
def joined(tmp_path: Path) -> Path:
    """A file of three recordings, and so of three segments."""
    parts = [
        write_trace(tmp_path / f"{fd}.gvtrace", [(1, [read_message(fd=fd)])]) for fd in (3, 4, 5)
    ]
    path = tmp_path / "joined.gvtrace"
    path.write_bytes(b"".join(each.read_bytes() for each in parts))
    return path


def test_the_first_segment_that_differs_is_named(joined: Path) -> None:
    links = seal(joined)
    assert len(links) == 3
    assert verify(joined) is None
    assert verify(joined, links[-1].chain[:9].upper()) is None
    whole = joined.read_bytes()
    # A few bytes of each segment, first and last among them.
    places = {
        place
        for link in links
        for place in (
            *range(link.offset, link.offset + link.size, 131),
            link.offset + link.size - 1,
        )
    }
    for place in sorted(places):
        joined.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        found = verify(joined)
        assert found is not None
        link = links[found.segment - 1]
        assert link.offset <= place < link.offset + link.size


def test_what_is_cut_off_or_added_is_told(joined: Path) -> None:
    links = seal(joined)
    whole = joined.read_bytes()
    for size in (0, links[0].size, len(whole) - 1):
        joined.write_bytes(whole[:size])
        found = verify(joined)
        assert found is not None
        assert found.segment == 1 + sum(each.offset + each.size <= size for each in links)
        assert found.words.endswith("not all there any more")
    joined.write_bytes(whole + b"x")
    found = verify(joined)
    assert found is not None
    assert (found.segment, found.words) == (4, "1 byte was added after the seal")


def test_a_seal_that_was_made_anew_is_another_one(joined: Path) -> None:
    kept = seal(joined)[-1].chain
    joined.write_bytes(joined.read_bytes()[:-1] + b"?")
    seal_path(joined).unlink()
    seal(joined)
    assert verify(joined) is None
    found = verify(joined, kept)
    assert found is not None
    assert "another one" in found.words


def test_a_changed_seal_is_noticed(joined: Path) -> None:
    seal(joined)
    document = json.loads(seal_path(joined).read_text())
    document["segments"][1]["chain"] = "0" * 64
    seal_path(joined).write_text(json.dumps(document))
    found = verify(joined)
    assert found is not None
    assert found.segment == 2
    for text in (
        "{}",
        "[1]",
        '{"schema": "gvtui-seal", "version": 1, "segments": [{"log": 3}]}',
        "\0",
    ):
        seal_path(joined).write_text(text)
        with pytest.raises(TraceError, match="seal"):
            read_seal(joined)


def test_a_folder_is_sealed_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "ring"
    writer = TraceWriter(folder, keep_bytes=1 << 20, segment_bytes=1 << 13)
    for step in range(200):
        writer.message(1, TIME_NS, read_message(fd=step))
    with pytest.raises(TraceError, match="is being written"):
        seal(folder)
    writer.close()
    numbers = segment_numbers(folder)
    assert len(seal(folder)) == len(numbers) > 2
    assert verify(folder) is None
    with pytest.raises(TraceError, match="exists already"):
        seal(folder)
    second = segment_path(folder, numbers[1])
    whole = second.read_bytes()
    second.unlink()
    found = verify(folder)
    assert found is not None
    link = read_seal(folder)[1]
    assert (found.segment, found.words) == (2, f"{link.words} are not all there any more")
    second.write_bytes(whole)
    segment_path(folder, 99).write_bytes(whole)
    found = verify(folder)
    assert found is not None
    assert "was added" in found.words


def test_without_a_seal_nothing_can_be_compared(joined: Path) -> None:
    with pytest.raises(TraceError, match="has no seal"):
        verify(joined)


def test_a_seal_of_a_stranger_s_makes_nothing_be_read_many_times(joined: Path) -> None:
    seal(joined)
    document = json.loads(seal_path(joined).read_text())
    first, second, third = document["segments"]
    for links in ([first] * 1000, [first, third], [second], [{**first, "sha256": ""}]):
        seal_path(joined).write_text(json.dumps({**document, "segments": links}))
        with pytest.raises(TraceError, match="no seal that can be read"):
            verify(joined)
