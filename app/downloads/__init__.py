"""Downloads: the CSV of a table somebody bought, the same bytes each time."""
