"""Steps, sleep and sport: one reader, since a phone, a watch and a service tell of the same days.

For each day the source that tells most counts, and two sessions at the same time are one.
"""
