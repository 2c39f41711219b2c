"""The operator's pages: the market as a whole, from public metadata and the book alone."""
