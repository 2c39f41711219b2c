"""What the operator may do about accounts, payouts, editions and collections, with a reason."""
