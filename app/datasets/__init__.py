"""Datasets: upload, what was understood of it, checks, listing; writes the vault."""
