"""Statements of account: opening balance, what happened, closing balance, of some days.

As a page, as CSV and as PDF. Whose they are and what their lines are is said by the feature
that keeps the account: payouts for a contributor, orders for a buyer.
"""
