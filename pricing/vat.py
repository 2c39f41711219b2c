"""The tax inside a price: prices include it, so it is worked out of the gross amount."""

BASIS_POINTS = 10_000


def vat_included(gross_cents: int, basis_points: int) -> int:
    """Return the tax that a gross amount includes, in cents, halves rounded up.

    Parameters
    ----------
    gross_cents : int
        What is paid, tax included.
    basis_points : int
        The rate in hundredths of a percent: 2000 is 20 %.

    Raises
    ------
    ValueError
        If one of them is negative.

    Examples
    --------
    >>> vat_included(1200, 2000)
    200
    """
    if gross_cents < 0 or basis_points < 0:
        raise ValueError("neither an amount nor a rate of tax is negative")
    whole = BASIS_POINTS + basis_points
    return (2 * gross_cents * basis_points + whole) // (2 * whole)
