"""Money in and out through a payment provider, behind one protocol."""
