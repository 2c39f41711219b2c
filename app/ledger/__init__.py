"""The book of money: double entry, append-only, in millionths of the currency unit.

Debits are positive, credits negative; a transaction sums to zero. Accounts are names:

provider                what the payment provider holds for the market (asset)
bank                    the market's own account at its bank, as far as the book moved it (asset)
platform                the market's own share (credit) and what it bears (debit)
vat                     tax in what was sold, owed to the state
pool:<edition>          earned by the contributors of an edition, not yet settled
reserve:<collection>    what the noise margin leaves; goes into the collection's next sale
contributor:<user>      owed to a contributor
donations               given away by contributors, until the operator hands it over
transit:<payout>        on its way to a contributor, until the provider confirms it
"""
