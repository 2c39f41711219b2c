"""Releases: editions, their measurement, the privacy account of each person, the tables."""
