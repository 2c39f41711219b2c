"""Engines that run the cube's expressions where the rows are."""
