"""The demo database: an invented but consistent piece of the region (``flask portal demo``).

``names`` and ``catalog`` invent people, organizations and programs; ``staff``, ``courses``, ``vouchers``, ``enrolments``,
``papers``, ``office`` and ``accounts`` turn them into rows; ``build`` puts them into an empty database in one transaction.
Everything follows from the seed and the day: the same two give the same rows.
"""
