"""The Moisson marketplace, a Flask product: one folder per feature."""

import importlib
from collections.abc import Mapping

from flask import Flask


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """Build the application from environment variables.

    The features are imported here and not at the top of the file, so that a single
    part (an engine, say) can be imported without loading all of them.

    Parameters
    ----------
    environment : mapping, optional
        Settings in place of the process's environment; see docs/configuration.md.

    Raises
    ------
    app.core.errors.UnsafeConfiguration
        When the settings are incomplete or unsafe.
    """
    app: Flask = importlib.import_module("app.wiring").build(environment)
    return app
