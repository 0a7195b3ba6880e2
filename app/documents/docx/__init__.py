"""A DOCX as a file: its package of parts, a template ready to print, the look on the sheet, the stamp, the trial sheet."""
