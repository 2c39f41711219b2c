"""Giving money back: refunds by the operator, disputes by a bank."""
