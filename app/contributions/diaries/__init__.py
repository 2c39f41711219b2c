"""The pages of diaries: an entry, its correction, a draft of it, and the evening reminder."""
