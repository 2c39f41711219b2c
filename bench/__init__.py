"""Measurements, told as ratios of runs on the same machine."""
