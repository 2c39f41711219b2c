"""What a bundle costs and how its money is shared: pure functions of released figures alone.

Never reads rows and never imports `app`, the privacy library, a database or a payment provider.
Prices are rounded up; shares of a sale are rounded down or divided exactly.
"""
