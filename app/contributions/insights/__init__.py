"""What somebody's own cells tell them: pure computing on `Months`, nothing stored, nobody else's.

It must never read a row, a release or a clock: whoever calls it hands it one person's own cells.
"""
