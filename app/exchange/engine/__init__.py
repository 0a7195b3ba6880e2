"""The import of lists from Excel, whatever they are about: kept, previewed, applied whole, taken back.

A kind of lists (`staff/`, `vouchers/`, `trainings/`) adds its columns, the plan of a row and the write.
"""
