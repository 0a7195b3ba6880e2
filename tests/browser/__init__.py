"""The portal in a real browser: Chromium, the web server, PostgreSQL."""
