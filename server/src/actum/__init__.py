"""Actum: templates, their executions, and a ledger anyone can verify, served over HTTP."""
