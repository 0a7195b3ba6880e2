"""Procrastinate's job queue, and the journal made append-only.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only();
"""


def _execute(sql: str) -> None:
    """Run a script as it is: through SQLAlchemy its percent signs would be doubled."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(sql)


def upgrade() -> None:
    _execute(SchemaManager.get_schema())
    _execute(APPEND_ONLY)


def downgrade() -> None:
    _execute("DROP TRIGGER audit_entry_append_only ON audit_entry; DROP FUNCTION audit_entry_append_only()")
    _execute(DROP_JOBS)


#: everything that Procrastinate's schema created, found by its prefix
DROP_JOBS = """
DO $$ DECLARE item record; BEGIN
  FOR item IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrastinate\\_%' AND schemaname = current_schema()
  LOOP EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', item.tablename); END LOOP;
  FOR item IN SELECT p.oid::regprocedure AS signature FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname LIKE 'procrastinate\\_%' AND n.nspname = current_schema()
  LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', item.signature); END LOOP;
  FOR item IN SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typname LIKE 'procrastinate\\_%' AND n.nspname = current_schema() AND t.typtype IN ('e', 'c')
  LOOP EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', item.typname); END LOOP;
END $$;
"""
