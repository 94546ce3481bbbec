"""What one step of the engine costs, side by side with what others take for the same: `make bench-engine`."""
