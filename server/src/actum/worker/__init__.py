"""What runs beside the requests: reads the table of work, and enters executions by the same door as everybody."""
