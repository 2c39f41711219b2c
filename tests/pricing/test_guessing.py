"""Biased estimators: what a guess from cheaper tables gets beyond what it pays, within a margin."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bench.market.guessing import Pair, guesses, population, summed
from bench.market.world import AXES, Settings, noise_of
from pricing.price_book import DEFAULT_BOOK, SECOND_BOOK, PriceBook
from pricing.price_list import PriceList
from pricing.rarity import Rarity

#: Of the price of what is got, in percent: on average over the workload, and at most.
MEAN, MOST = 25, 40
PREVIEW = Settings().preview


@cache
def found(book: PriceBook, preview: int) -> dict[str, tuple[float, float, float]]:
    return summed(guesses(book, preview))


def within_the_margin(book: PriceBook, preview: int) -> bool:
    return all(mean <= MEAN and most <= MOST for _, mean, most in found(book, preview).values())


def test_attack_multiply_margins() -> None:
    kinds = [kind for kind in found(DEFAULT_BOOK, PREVIEW) if kind.startswith("product")]
    assert len(kinds) == 3
    for kind in kinds:
        beaten, mean, most = found(DEFAULT_BOOK, PREVIEW)[kind]
        assert beaten > 50, "the guess is often good: it is priced, not prevented"
        assert 0 < mean <= MEAN
        assert most <= MOST


def test_attack_shrink_towards_independence() -> None:
    for kind, (_, mean, most) in found(DEFAULT_BOOK, PREVIEW).items():
        if kind.startswith("shrunk"):
            assert mean <= MEAN
            assert most <= MOST


@pytest.mark.parametrize("preview", [16, 64, PREVIEW])
def test_attack_multiply_free_previews(preview: int) -> None:
    """Whatever the previews multiplied are as good as is not charged for."""
    assert found(DEFAULT_BOOK, preview)["preview"][1:] == (0.0, 0.0)


def test_a_preview_of_its_own_seldom_beats_a_table_on_sale() -> None:
    assert found(DEFAULT_BOOK, PREVIEW)["preview"][0] == 0.0
    assert found(DEFAULT_BOOK, 16)["preview"][0] > 75


BROKEN = {
    "the preview is sold": (SECOND_BOOK, 16),
    "a second column weighs four times as much": (
        replace(DEFAULT_BOOK, detail=(0.25, 1.0, 4.0)),
        PREVIEW,
    ),
    "one-way tables are almost free": (replace(DEFAULT_BOOK, detail=(0.02, 0.1, 1.0)), PREVIEW),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_margin_catches_a_price_that_guesses_beat(name: str) -> None:
    assert within_the_margin(DEFAULT_BOOK, PREVIEW)
    assert not within_the_margin(*BROKEN[name])


def test_the_error_of_a_product_is_what_drawing_finds() -> None:
    prices = PriceList(DEFAULT_BOOK, Rarity(1, {}))
    pair = Pair(noise_of(2, 1.0), ("age", "day"), 400, prices, PREVIEW)
    shares = population(pair.columns, 0.2)
    assert shares.shape == (AXES["age"], AXES["day"])
    assert shares.sum() == pytest.approx(1.0)
    rng = np.random.default_rng(1)
    sds = [pair.noise.variances[frozenset((one,))] ** 0.5 for one in pair.columns]
    errors = []
    for _ in range(4_000):
        alone = 400 * shares.sum(1) + sds[0] * rng.standard_normal(5)
        along = 400 * shares.sum(0) + sds[1] * rng.standard_normal(7)
        errors.append(np.mean((np.outer(alone, along) / 400 - 400 * shares) ** 2))
    assert float(np.mean(errors)) == pytest.approx(pair.error(shares, 1.0), rel=0.03)
