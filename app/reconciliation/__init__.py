"""The book beside the payment provider: comparison, remedies, the market's own bank, cover."""
