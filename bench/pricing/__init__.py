"""What prices, sales and settlements cost in time and what they are worth, measured."""
