import json

from gvtui.export.diff.json import document, lines
from tests.export.diff.runs import shells

DIFFERENCE = {
    *("section", "title", "what", "details", "sign", "measures", "before", "after", "filters"),
}


def test_the_object_has_the_documented_keys() -> None:
    diff = shells()
    made = json.loads("\n".join(lines(diff)))
    assert made == document(diff)
    assert (made["schema"], made["version"]) == ("gvtui-diff", 1)
    assert set(made) == {
        *("schema", "version", "before", "after", "per_second", "differences", "untold", "same"),
        *("folded", "thresholds"),
    }
    assert set(made["before"]) == {
        *("file", "sha256", "containers", "gvisor", "filter", "rows", "first_ns", "last_ns"),
        *("dropped", "not_seen"),
    }
    assert all(set(each) == DIFFERENCE for each in made["differences"])
    assert all(set(each) == {*DIFFERENCE, "why"} for each in made["untold"])
    [group] = [each for each in made["differences"] if each["what"] == "/etc/group"]
    assert group["before"] is None
    assert group["after"] == {
        "count": 2,
        "bytes_in": 606,
        "bytes_out": 0,
        "names": ["/etc/group"],
        "rows": {
            "first": 1474,
            "last": 1482,
            "count": 2,
            "filter": "evt.num in (1474, 1482)",
            "exact": True,
        },
    }
    assert group["measures"] == [{"name": "times", "before": 0, "after": 2}]
