from gvtui.query.activity.words import call_words
from gvtui.query.resolved.call import Happened
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES


def test_a_raw_call_about_a_path_says_that_the_path_is_not_told() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    assert call_words(trace, 1842, Happened.REMOVED) == ("unlinkat (path not told)", False)
    assert call_words(trace, 1842, Happened.CHANGED_USER)[0].startswith("unlinkat(")
    assert call_words(trace, 10**9, Happened.REMOVED) == ("", False)
    trace.close()
