"""PDF: of a DOCX by LibreOffice in its sandbox, so many at a time; of a scan as it is."""
