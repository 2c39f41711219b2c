"""Finding the categories of a column in an uploaded file, once, at a charge."""
