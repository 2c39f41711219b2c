"""The catalogue: products of published releases, search, prices of a bundle."""
