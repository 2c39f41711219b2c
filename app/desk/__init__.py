"""The analyst's desk: a table that somebody owns, looked at, rolled up and compared."""
