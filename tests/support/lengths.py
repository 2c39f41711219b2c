"""How far random tests go: short in `make test`, at full length in `make test-all`."""

from hypothesis import settings

#: The profile of Hypothesis that `--everything` loads.
EVERYTHING = "everything"
settings.register_profile(EVERYTHING, settings.get_profile("default"))


def examples(many: int, few: int) -> int:
    """Return how many examples Hypothesis tries: many with `--everything`, else a few."""
    return many if settings.get_current_profile_name() == EVERYTHING else few
