"""What the frame of every page may not do to the pages in it."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

FRAME = Path("app/templates/base.html")


def test_a_name_that_the_frame_sets_hides_none_of_a_page() -> None:
    # What the frame sets at its top is what every block sees, whatever its view passed.
    names = set(_set_at_the_top(Environment(extensions=["jinja2.ext.i18n"]).parse(_frame())))
    assert names
    assert {name for name in names if not name.startswith("base_")} == set()


def _frame() -> str:
    return FRAME.read_text(encoding="utf-8")


def _set_at_the_top(node: nodes.Node) -> Iterator[str]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Assign | nodes.AssignBlock):
            yield from (name.name for name in child.find_all(nodes.Name) if name.ctx == "store")
        elif not isinstance(child, nodes.Macro | nodes.Block):
            yield from _set_at_the_top(child)
