"""Lists in XLSX: any columns, a book of several sheets."""
