"""Orgs, their access tokens, and who may do what. Imports the platform only."""
