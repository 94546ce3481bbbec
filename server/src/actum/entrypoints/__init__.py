"""Where the parts are wired together and started; nothing is decided here."""
