"""The rival: Django admin on the same tables, as a good Django developer sets it up.

Runs in an environment of its own (Django and psycopg2 only). Django's own tables live in the schema ``django``.
"""
