"""What noise is: exact draws from the system's randomness, and how wide they are."""
