"""The ledger as it is stored: read, checked, and later proven."""
