"""The ways to read a column as a category: one file each, and the table of them.

A new way is a new file and a line in table.py: its key is stored, its words stand in the form.
"""
