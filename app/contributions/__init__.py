"""Contributions: what individuals give of their everyday traces, month after month."""
