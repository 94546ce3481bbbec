"""Actum's pure core: templates, expressions, the engine and the mathematics of the ledger.

Standard library only, and no clock, randomness, environment or input and output anywhere below: the same
bytes run in the server, in a client's local simulation, in the offline verifier and in the browser.
"""
