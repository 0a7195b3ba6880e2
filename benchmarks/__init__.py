"""Speed and size of the portal beside what a user would pick instead; see README.md."""
