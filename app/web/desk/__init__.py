"""The user's first pages: start pages, queue, tasks, search everywhere, notices, letters, settings, help."""
