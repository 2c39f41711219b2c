"""Bank statements: one reader for each bank or standard, one ledger for all of them."""
