import pytest

from app.core.plots import BOTTOM, HEIGHT, LABEL, LEFT, RIGHT, TOP, WIDTH, Point, plot


def test_points_lie_on_the_canvas_and_keep_their_order() -> None:
    made = plot([("a", [Point(0, 0), Point(5, 1), Point(10, 4, "here")])], [(0, "0"), (10, "10")])
    (line,) = made.lines
    assert [round(p.left) for p in line.points] == [
        LEFT,
        (LEFT + WIDTH - RIGHT) // 2,
        WIDTH - RIGHT,
    ]
    assert line.points[0].top == HEIGHT - BOTTOM
    assert line.points[-1].top == TOP
    assert line.points[-1].text == "here"
    assert [text for _, text in made.x_ticks] == ["0", "10"]
    assert [value for _, value in made.y_ticks] == [0, 1, 2, 3, 4]
    assert line.path.count(",") == 3


def test_names_of_lines_that_end_together_do_not_cover_each_other() -> None:
    made = plot([(name, [Point(0, 1), Point(1, 2)]) for name in "abcd"], [(0, "")])
    tops = sorted(line.label_top for line in made.lines)
    assert tops[0] >= LABEL
    assert all(later - earlier >= LABEL for earlier, later in zip(tops, tops[1:], strict=False))


def test_one_point_or_equal_values_do_not_divide_by_zero() -> None:
    made = plot([("a", [Point(3, 1)])], [(3, "now")], y_from=1.0)
    assert LEFT < made.lines[0].points[0].left < WIDTH
    with pytest.raises(ValueError, match="at least one point"):
        plot([("a", [])], [])
