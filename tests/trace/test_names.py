from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.connections import Connections
from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.keep import save
from gvtui.trace.marks import MOST_OF_CONNECTION, read_mark
from gvtui.trace.names import (
    MAX_NAME,
    MAX_NAMED,
    MOST_OF_ONE,
    Names,
    NamesMark,
    Naming,
    short_labels,
)
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

POD = Names("containerd", "web", "nginx:1", "cart-7d9f", "shop")


def test_names_for_lists_and_for_finding() -> None:
    assert (POD.label, POD.full) == ("cart-7d9f/web", "shop/cart-7d9f/web")
    assert POD.spellings == {
        "web",
        "cart-7d9f",
        "cart-7d9f/web",
        "shop/cart-7d9f",
        "shop/cart-7d9f/web",
    }
    docker = Names("docker", "web-frontend", "shop/web:3")
    assert (docker.label, docker.full) == ("web-frontend", "web-frontend")
    assert docker.spellings == {"web-frontend"}
    assert not Names("docker")


def test_a_mark_is_read_as_it_was_written() -> None:
    mark = NamesMark("c1", Names("docker", "web", "img", labels={"team": "pay"}))
    assert read_mark(unpack_details(pack_details(mark.details()))) == mark
    assert mark.text == "container c1 is called web by docker, image img"
    assert NamesMark("c1", Names(image="img")).text == "container c1 has image img"


def test_marks_have_a_largest_size() -> None:
    many = {f"{number}" * 900: "ü" * 900 for number in range(900)}
    labels = short_labels(many)
    assert labels
    assert all(len(text) <= MAX_NAME for pair in labels.items() for text in pair)
    big = Names.read({"name": "é" * 9000, "image": "x" * 9000, "labels": many})
    packed = pack_details(NamesMark("i" * 64, big).details())
    assert len(packed) < MOST_OF_CONNECTION


values = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["container_id", "names", "labels", "name", "pod"]), values))
def test_strange_marks_are_read(details: dict[str, object]) -> None:
    mark = NamesMark.read(details)
    assert NamesMark.read(mark.details()) == mark


def test_a_name_belongs_to_its_connection_alone() -> None:
    naming = Naming()
    naming.take(1, "c1", POD)
    assert naming.of(1, "c1") == POD
    assert not naming.of(2, "c1")
    version = naming.version
    naming.take(1, "c1", POD)
    assert naming.version == version
    naming.take(1, "c1", Names("docker", "renamed"))
    assert (naming.of(1, "c1").name, naming.version) == ("renamed", version + 1)
    assert naming.on(1) == {"c1": Names("docker", "renamed")}


def test_of_too_many_names_the_newest_are_known() -> None:
    naming = Naming()
    for number in range(MAX_NAMED + 1):
        naming.take(number, "c1", POD)
    assert not naming.of(0, "c1")
    assert naming.of(MAX_NAMED, "c1") == POD
    naming = Naming()
    for number in range(MOST_OF_ONE + 1):
        naming.take(7, str(number), POD)
    assert len(naming.on(7)) == MOST_OF_ONE
    assert next(naming.all()) == POD


def test_names_stay_where_the_beginning_is_gone(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"peer_pid": 5, "container_id": "web"})
    writer.mark(TIME_NS, NamesMark("web", POD).details(), 1)
    for number in range(60):
        writer.messages(1, [(TIME_NS + number, read_message(fd=n)) for n in range(20)])
    trace = Trace.open(tmp_path / "live")
    assert trace.first_row > 2
    assert trace.connections.names(1, "web") == POD
    save(trace, tmp_path / "kept.gvtrace")
    kept = Trace.open(tmp_path / "kept.gvtrace")
    assert kept.connections.names(1, "web") == POD
    for each in (trace, kept):
        each.close()
    writer.close()


def test_a_contradicted_container_has_no_name() -> None:
    connections = Connections()
    peers = [
        {"peer_pid": pid, "peer_start": pid, "peer_uid": pid, "container_id": "web"}
        for pid in (1, 2)
    ]
    for conn, details in enumerate(peers, 1):
        connection = connections.of(conn)
        assert connection is not None
        connections.opens(connection, 0, TIME_NS, details)
        connections.note_names(conn, "web", POD)
    assert connections.container(2) == "¬2:web"
    assert connections.names(1, "web") == POD
    assert not connections.names(2, "web")
    assert not connections.names(2, "¬2:web")
