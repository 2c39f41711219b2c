"""Addresses of others' programs that are told what happened (Standard Webhooks).

A look at what happened is taken every five minutes; nothing is written down where it happens. Each
message is a job, tried for two days, and its outcome stands on the page of whoever asked for it.
"""
