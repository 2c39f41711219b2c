"""A small market of invented buyers and sellers, to compare price rules and to tune the book."""
