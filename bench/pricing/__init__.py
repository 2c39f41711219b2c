"""Benchmarks of the time that price quotes, sales and settlements take."""
