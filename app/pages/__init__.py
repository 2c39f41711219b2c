"""Pages of the site itself: home, explanations, health."""
