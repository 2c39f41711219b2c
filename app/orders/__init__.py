"""Orders: the bundle, its quote, checkout, the sale, entitlements, refunds."""
