"""What every request passes: its unit of work, limits, headers, error pages, language, words."""
