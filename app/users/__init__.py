"""Accounts: sign up, sign in, verify, reset, sessions, roles."""
