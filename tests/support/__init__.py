"""Builders, doubles and running programs that tests share."""
