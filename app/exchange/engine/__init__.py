"""The import of lists from Excel, whatever they are about: stored, previewed, applied whole, undone.

A kind of lists (`staff/`, `vouchers/`, `trainings/`) adds its columns, the plan of a row and the write.
"""
