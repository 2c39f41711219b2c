"""Money: whole millionths of a currency unit, never a float."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from pricing.errors import CurrencyMismatch, InvalidMoney

MICROS_PER_UNIT = 1_000_000
MICROS_PER_CENT = 10_000
BASIS_POINTS = 10_000

#: Currencies whose smallest coin is not a hundredth: a cent would be the wrong amount.
NOT_IN_HUNDREDTHS = frozenset(
    "BHD BIF CLP DJF GNF ISK JOD JPY KMF KRW KWD MGA OMR PYG RWF TND UGX "
    "VND VUV XAF XOF XPF".split()
)


@functools.total_ordering
@dataclass(frozen=True)
class Money:
    """An exact amount.

    Parameters
    ----------
    micros : int
        Millionths of the currency unit; may be negative.
    currency : str
        Three capital letters (ISO 4217) of a currency that has hundredths.

    Raises
    ------
    InvalidMoney
        If ``micros`` is no integer or the currency is not of that kind.

    Examples
    --------
    >>> Money.from_cents(250, "EUR") + Money(1, "EUR")
    Money(micros=2500001, currency='EUR')
    >>> (Money.from_cents(250, "EUR") + Money(1, "EUR")).cents_up()
    251
    """

    micros: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.micros) is not int:
            raise InvalidMoney(f"an amount must be an int of millionths, not {self.micros!r}")
        code = self.currency
        if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
            raise InvalidMoney(f"not a currency code: {code!r}")
        if code in NOT_IN_HUNDREDTHS:
            raise InvalidMoney(f"{code} has no hundredths")

    @classmethod
    def from_cents(cls, cents: int, currency: str) -> Money:
        """Make an amount of whole hundredths."""
        if type(cents) is not int:
            raise InvalidMoney(f"cents must be an int, not {cents!r}")
        return cls(cents * MICROS_PER_CENT, currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Make the amount of nothing."""
        return cls(0, currency)

    def cents_up(self) -> int:
        """Return the smallest whole number of hundredths not below the amount."""
        return -(-self.micros // MICROS_PER_CENT)

    def cents_down(self) -> int:
        """Return the largest whole number of hundredths not above the amount."""
        return self.micros // MICROS_PER_CENT

    def share_down(self, basis_points: int) -> Money:
        """Return a share in ten-thousandths, rounded down to the millionth."""
        return Money(self.micros * basis_points // BASIS_POINTS, self.currency)

    def _micros_of(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.micros

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + self._micros_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - self._micros_of(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.micros, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise InvalidMoney(f"money is multiplied by whole numbers only, not {times!r}")
        return Money(self.micros * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.micros < self._micros_of(other)

    def __bool__(self) -> bool:
        return self.micros != 0

    def __str__(self) -> str:
        units, rest = divmod(abs(self.micros), MICROS_PER_UNIT)
        digits = f"{rest:06d}".rstrip("0").ljust(2, "0")
        return f"{'-' if self.micros < 0 else ''}{units}.{digits} {self.currency}"


def whole_cents(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Return the parts of a sum in whole hundredths, each at most one away from what it is.

    The parts up to any of them add up to their sum to the nearest hundredth, so all of them add up
    to a sum of whole hundredths exactly.

    Examples
    --------
    >>> parts = whole_cents([Money(4_000, "EUR"), Money(4_000, "EUR"), Money(2_000, "EUR")])
    >>> [part.cents_up() for part in parts]
    [0, 1, 0]
    """
    found, micros, cents = [], 0, 0
    for amount in amounts:
        micros += amount.micros
        upto = (2 * micros + MICROS_PER_CENT) // (2 * MICROS_PER_CENT)
        found.append(Money.from_cents(upto - cents, amount.currency))
        cents = upto
    return tuple(found)
