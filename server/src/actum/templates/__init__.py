"""Templates: their drafts, their published versions, and the programs these compile to."""
