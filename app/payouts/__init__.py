"""Payouts: what each contributor earned, is owed, and was sent; and whether the book agrees."""
