"""Texts for translation: what the errors of the libraries and doors say to people.

A method of extraction for Babel (see babel.cfg): beside what is marked in a file, it finds the
English words that an error class keeps in its attribute `user_message`.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python


def extract(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Any,
) -> Iterator[tuple[Any, ...]]:
    """Yield (line, function, text, comments) for each text of an errors.py."""
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                named = isinstance(statement, ast.Assign | ast.AnnAssign) and _words(statement)
                if named:
                    yield statement.lineno, None, named, []


def _words(statement: ast.Assign | ast.AnnAssign) -> str:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    value = statement.value
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return str(value.value) if is_text and "user_message" in names else ""  # type: ignore[union-attr]
