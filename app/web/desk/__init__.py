"""Where a user begins: start pages, queue, tasks, search everywhere, notices, letters, settings, help."""
