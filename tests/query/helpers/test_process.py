from __future__ import annotations

import socket
import threading
from pathlib import Path

import msgpack
import numpy as np

from gvtui.query.filter.compile import compile_filter
from gvtui.query.helpers.process import ANSWER, ASK, LENGTH, serve
from gvtui.trace.reader import Trace
from tests.trace.factory import read_message, write_trace


def test_each_range_is_answered_in_order(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(count=n) for n in range(50)])])
    trace = Trace.open(path)
    share = trace.share()
    own, other = socket.socketpair()
    text = "evt.arg.count regex 3"
    words = msgpack.packb({"filter": text, "now": 0, "trace": share.words})
    thread = threading.Thread(target=serve, args=(other,))
    thread.start()
    socket.send_fds(own, [LENGTH.pack(len(words))], share.files)
    own.sendall(words)
    for start, stop in ((0, 10), (10, trace.end_row)):
        own.sendall(ASK.pack(start, stop))
        first, count, damaged = ANSWER.unpack(own.recv(ANSWER.size, socket.MSG_WAITALL))
        assert (first, count, damaged) == (start, stop - start, 0)
        bits = np.frombuffer(own.recv((count + 7) // 8, socket.MSG_WAITALL), np.uint8)
        rows = trace.rows(start, stop)
        expected = compile_filter(text).local_mask(trace, rows, start)
        assert np.unpackbits(bits, count=count).tolist() == expected.astype(int).tolist()
    own.close()
    thread.join()
    other.close()
    trace.close()


def test_an_owner_that_says_nothing_ends_it() -> None:
    own, other = socket.socketpair()
    own.close()
    serve(other)
    other.close()
