"""What a bundle costs and who gets which share: pure, from released figures alone.

Never reads rows, never rounds down, never imports the product, the privacy library,
a database or a payment provider.
"""
