"""Invoices and credit notes of all buyers, for the operator and whoever declares the tax."""
