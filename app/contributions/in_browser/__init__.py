"""Reading in a person's own browser: what a page needs for it, and the way in for its cells."""
