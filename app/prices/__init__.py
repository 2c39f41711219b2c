"""The price books: published once, never changed; the newest is in force."""
