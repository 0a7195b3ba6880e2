"""The journal can lose a person's name and values, and nothing else of it changes; checks that the history had forgotten.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

REDACTION = """
DROP TRIGGER audit_entry_append_only ON audit_entry;
DROP FUNCTION audit_entry_append_only();
CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_LEVEL = 'ROW' AND current_setting('portal.redaction', true) = 'on' AND NEW.redacted_at IS NOT NULL
    AND (NEW.id, NEW.at, NEW.user_id, NEW.role, NEW.action, NEW.object_table, NEW.object_id, NEW.request_id)
      IS NOT DISTINCT FROM
      (OLD.id, OLD.at, OLD.user_id, OLD.role, OLD.action, OLD.object_table, OLD.object_id, OLD.request_id)
    AND (NEW.user_name = OLD.user_name OR starts_with(NEW.user_name, 'Обезличено'))
    AND (NEW.object_label = OLD.object_label OR starts_with(NEW.object_label, 'Обезличено'))
    AND (NEW.address IS NULL OR NEW.address = OLD.address)
    AND NOT EXISTS (
      SELECT FROM jsonb_each(OLD.changes) o FULL JOIN jsonb_each(NEW.changes) n ON o.key = n.key
      WHERE o.key IS NULL OR n.key IS NULL
        OR n.value IS DISTINCT FROM o.value AND n.value <> '["обезличено", "обезличено"]'::jsonb)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'audit_entry is append-only';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only();
CREATE TRIGGER audit_entry_redaction BEFORE UPDATE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_append_only();
"""
APPEND_ONLY = """
DROP TRIGGER audit_entry_redaction ON audit_entry;
DROP TRIGGER audit_entry_append_only ON audit_entry;
DROP FUNCTION audit_entry_append_only();
CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only();
"""
#: checks that stand in the models since the first tables, but were in no migration: table, name, condition
FORGOTTEN = (
    (
        'assignment',
        'role',
        "role IN ('worker', 'school', 'organizer', 'territory', 'ministry', 'operator', 'observer', 'admin')",
    ),
    ('attestation_kind', 'term', 'term_months > 0'),
    ('municipality', 'oktmo', "oktmo ~ '^([0-9]{8}|[0-9]{11})$'"),
    ('program_module', 'hours', 'hours > 0'),
)


def _execute(sql: str) -> None:
    """Run a script as it is: through SQLAlchemy its percent signs would be doubled."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(sql)


def upgrade() -> None:
    op.add_column('audit_entry', sa.Column('redacted_at', sa.DateTime(timezone=True), nullable=True))
    _execute(REDACTION)
    for table, name, condition in FORGOTTEN:
        op.create_check_constraint(op.f(f'ck_{table}_{name}'), table, condition)


def downgrade() -> None:
    for table, name, _ in FORGOTTEN:
        op.drop_constraint(op.f(f'ck_{table}_{name}'), table, type_='check')
    _execute(APPEND_ONLY)
    op.drop_column('audit_entry', 'redacted_at')
