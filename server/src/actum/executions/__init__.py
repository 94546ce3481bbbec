"""Executions: started, fed with events, steered, read back, replayed."""
