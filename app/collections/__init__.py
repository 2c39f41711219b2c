"""Collections: a shared schema with public rules that datasets are pooled in."""
