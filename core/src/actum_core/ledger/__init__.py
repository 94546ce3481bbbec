"""The mathematics of evidence: how entries are written, chained and verified. Nothing here stores anything."""
