"""What programs may know of released editions: metadata, citations, feeds, licences.

Everything is made of public facts of the catalogue: nothing of rows, of producers, of editions
before their release, or of those that were taken down.
"""
