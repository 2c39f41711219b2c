"""Every error a library or a door may show a person has its place in the translations."""

import importlib
import inspect

import pytest

from app.core.outside import TEXTS


@pytest.mark.parametrize("module", ["pricing.errors", "app.payments.errors"])
def test_the_words_of_every_error_are_translated(module: str) -> None:
    classes = inspect.getmembers(importlib.import_module(module), inspect.isclass)
    said = {c.user_message for _, c in classes if isinstance(getattr(c, "user_message", 0), str)}
    assert said
    assert said <= set(TEXTS)
