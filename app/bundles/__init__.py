"""Bundles: what a buyer composes, its price, its signed quote, and what goes with it."""
