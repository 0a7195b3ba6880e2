"""Excel in: a file is checked, read in a child process, and turned into rows; every error names its cell.

Nothing here knows HTTP or the database: directories come in as plain values, results go out as plain values. This module
must stay empty of imports: the reading child process loads the package without the rest of the portal.
"""
