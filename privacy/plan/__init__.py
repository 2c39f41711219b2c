"""What is asked, how much noise it gets and what that costs: public facts, no rows."""
