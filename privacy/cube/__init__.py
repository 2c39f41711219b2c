"""From rows to exact counts: each person's share held within bounds, then summed."""
