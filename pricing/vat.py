"""The tax inside a price, or on top of it: worked out of the gross amount, or of the net one."""

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


def vat_added(net_cents: int, basis_points: int) -> int:
    """Return the tax that comes on top of a net amount, in cents, halves rounded up.

    The sum of both includes just this tax (`vat_included`), for every amount and rate.

    Raises
    ------
    ValueError
        If one of them is negative.

    Examples
    --------
    >>> vat_added(1000, 2000)
    200
    """
    if net_cents < 0 or basis_points < 0:
        raise ValueError("neither an amount nor a rate of tax is negative")
    return (2 * net_cents * basis_points + BASIS_POINTS) // (2 * BASIS_POINTS)
