"""Invoices and credit notes as their reader sees them: with what the order was for."""
