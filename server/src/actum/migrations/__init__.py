"""Numbered SQL files, applied in order, each once: the only way the database's shape changes."""
