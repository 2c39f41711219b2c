"""What the owner of a file answers about it: the full page of its columns, and three questions."""
