"""Compare this engine with others on generated charts."""
