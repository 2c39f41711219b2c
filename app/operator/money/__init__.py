"""The operator's pages about money that neither buys nor pays."""
