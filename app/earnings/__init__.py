"""What each sale earned whom: settled to contributors' accounts, or given away."""
