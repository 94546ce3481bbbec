"""What is to be done at a time, for executions of any org: claimed by one process, done once."""
