"""Errors of the demonstration.

DemoRefused    this is not a place for a demonstration, or something it needs is missing
"""


class DemoRefused(Exception):
    """Says, to the person at the terminal, why not and what to do."""
