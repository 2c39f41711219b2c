"""How far random tests go: short in `make test`, at full length in `make test-all`."""

from hypothesis import settings

#: The profiles of Hypothesis: the usual one, and that which `--everything` loads. How long an
#: example takes says nothing on a machine that does other work beside.
USUAL, EVERYTHING = "usual", "everything"
settings.register_profile(USUAL, settings(), deadline=None)
settings.register_profile(EVERYTHING, settings.get_profile("default"), deadline=None)


def examples(many: int, few: int) -> int:
    """Return how many examples Hypothesis tries: many with `--everything`, else a few."""
    return many if settings.get_current_profile_name() == EVERYTHING else few
