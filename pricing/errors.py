"""Errors of the price.

::

    PricingError
    ├── InvalidMoney       an amount or currency that cannot be money
    ├── CurrencyMismatch   two currencies in one sum
    ├── InvalidItem        released figures that contradict themselves
    ├── InvalidPriceBook   a book under which somebody could cheat
    ├── InvalidBundle      nothing asked for, or one product described twice
    ├── TooFewPeople       an edition with fewer people than the price book requires
    └── InvalidSplit       money that cannot be shared as asked
"""


class PricingError(Exception):
    """Anything the price refuses."""

    user_message = "This price could not be worked out."


class InvalidMoney(PricingError):
    """An amount is not a whole number of millionths, or the currency is unknown."""

    user_message = "This is not an amount of money we can use."


class CurrencyMismatch(PricingError):
    """Two amounts in different currencies met in one sum or comparison."""

    user_message = "Amounts in different currencies cannot be added."


class InvalidItem(PricingError):
    """A product's released figures contradict themselves."""

    user_message = "The description of this table is not consistent."


class InvalidPriceBook(PricingError):
    """A price book breaks a rule that keeps the price free of arbitrage."""

    user_message = "This price book cannot be published."


class InvalidBundle(PricingError):
    """A bundle is empty or describes one product in two ways."""

    user_message = "Choose at least one table."


class TooFewPeople(PricingError):
    """An edition has fewer people than the price book requires (`minimum_people`)."""

    user_message = "This edition holds too few people to be sold."


class InvalidSplit(PricingError):
    """Money cannot be shared: a negative amount, or nobody to share it among."""

    user_message = "This amount could not be shared."
