"""Consent: versioned texts, receipts, preferences, the pause."""
