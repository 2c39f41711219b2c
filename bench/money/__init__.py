"""Load tests of payment messages, payouts and kills: speed, then a count of what went wrong."""
