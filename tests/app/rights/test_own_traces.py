"""An export never fails for months that were given to an earlier form of a template."""

from app.rights.own_traces import OwnTraces, _named
from traces.catalogue import templates


def test_lines_of_a_template_with_other_columns_are_numbered_and_stand_in_one_table() -> None:
    template = templates()["listening"]
    now = _named(template, ("weekday", "06-09"), (12.0,))
    before = _named(template, ("weekday",), (12.0,))
    gone = _named(None, ("weekday",), (12.0,))
    assert set(now) == {"daytype", "hour_block", "minutes"}
    assert before == gone == {"column 1": "weekday", "column 2": 12.0}
    table = OwnTraces("listening", {}, [now, before]).as_csv().splitlines()
    assert table[0] == "daytype,hour_block,minutes,column 1,column 2"
    assert table[1:] == ["weekday,06-09,12.0,,", ",,,weekday,12.0"]
