"""Papers and sheets: DOCX and PDF from templates, XLSX lists and registries. No HTTP."""
