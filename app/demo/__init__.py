"""The demonstration: a market filled with real data, and the whole path once, in a terminal.

Everything goes through the services the web pages use. Refused where money or people could
be real; docs/demonstration.md says what is shown and where the data comes from.
"""
