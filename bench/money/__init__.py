"""What the paths of money bear: messages a second, everybody paid at once, counted afterwards."""
