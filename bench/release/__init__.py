"""Accuracy and speed of the release beside other libraries."""
