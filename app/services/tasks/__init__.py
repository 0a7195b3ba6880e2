"""Long work: tasks that users order (a result file waits for them), and work that the clock starts each day."""
