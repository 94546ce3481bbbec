"""What every slice stands on: settings, database, clocks, signals, telemetry. It imports no other slice."""
