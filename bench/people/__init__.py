"""What one person costs, from the import of their file to the published edition."""
