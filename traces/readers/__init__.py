"""Readers, one file for each family of formats.

A reader is given all members of its formats at once, and `Findings` to put sums and counts into. It
returns nothing, raises only what `traces.errors` names, and writes nothing anywhere.
"""
