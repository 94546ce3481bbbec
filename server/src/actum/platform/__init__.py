"""What every slice stands on: settings, the database, clocks, signals, telemetry. It imports no other slice."""
