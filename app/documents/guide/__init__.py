"""The user guide: read, searched, printed."""
