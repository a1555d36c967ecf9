import hashlib

from gvtui.trace.digests import digests_of
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES


def test_the_digest_is_that_of_the_file() -> None:
    path = TRACES / "shell-2024.trace"
    trace = Trace.open(path)
    assert digests_of(trace) == [hashlib.sha256(path.read_bytes()).hexdigest()]
    trace.close()
