"""Watch the ledger as it is written, over SSE and WebSocket. It reads and waits; nothing calls it."""
