import json

from gvtui.export.report.json import document, lines
from tests.export.report.runs import report_on


def test_the_object_has_the_documented_keys() -> None:
    report = report_on("shell-2024")
    made = json.loads("\n".join(lines(report)))
    assert made == document(report)
    assert (made["schema"], made["version"]) == ("gvtui-report", 1)
    assert set(made) == {
        *("schema", "version", "file", "sha256", "head", "filter", "rows", "first_ns", "last_ns"),
        *("summary", "sections", "not_seen"),
    }
    [written] = [each for each in made["sections"] if each["key"] == "written"]
    [line] = written["lines"]
    assert line["rows"] == {
        "first": 1645,
        "last": 1675,
        "count": 2,
        "filter": "evt.num in (1645, 1675)",
        "exact": True,
    }
    assert (line["what"], line["bytes_out"]) == ("/tmp/x", 3)
    assert {each["kind"] for each in made["not_seen"]} >= {"points", "gvisor", "environment"}
