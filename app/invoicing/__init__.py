"""Invoices and credit notes: numbered without gaps, written once, and who they are made out to.

What an order was for is said by the feature that sells; a document holds its amounts, its tax,
and how the issuer and the buyer were called on that day.
"""
