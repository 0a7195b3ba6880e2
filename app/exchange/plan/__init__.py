"""Lists of wishes for the next year."""
