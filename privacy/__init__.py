"""What may be learnt about a group of people, and at what privacy loss.

Never stores anything, never runs an engine itself, never imports the product,
the price, a web framework or a payment provider.
"""
