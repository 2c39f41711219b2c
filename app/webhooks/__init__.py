"""Webhooks: the provider's messages, verified, stored once, then acted upon by a job."""
