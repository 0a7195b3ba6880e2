"""Long work: what users order (a file of results waits for them), and what the clock orders each day."""
