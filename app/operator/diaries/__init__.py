"""Diaries that an operator writes of closed questions: the form, the preview, the list."""
