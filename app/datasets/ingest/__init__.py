"""Hostile files in, rows of a cube out.

`reading` turns bytes into text columns, `profiling` guesses what they are, `conforming` makes
them fit a schema. Pure of the web and the database; nothing here keeps or logs a cell.
"""
