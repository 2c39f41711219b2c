"""Price books as the operator reads and writes them, and what another one would change."""
