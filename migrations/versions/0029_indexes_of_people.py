"""Indexes for large regions: cards not looked through for half a year; who works where, answered by the index alone.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

#: name → its columns, and those that only stand beside them
WORK = {
    'ix_employment_organization': (['organization_id', 'employee_id'], ['ended_on']),
    'ix_employment_employee_id': (['employee_id'], ['organization_id', 'started_on', 'ended_on']),
}


def upgrade() -> None:
    op.create_index('ix_employee_confirmed', 'employee', [sa.text('coalesce(confirmed_actual_at, created_at)')])
    for name, (columns, beside) in WORK.items():
        op.drop_index(name, table_name='employment')
        op.create_index(name, 'employment', columns, postgresql_include=beside)
    # of an expression the planner knows nothing before its statistics are gathered
    op.execute('ANALYZE employee')


def downgrade() -> None:
    for name, (columns, _beside) in WORK.items():
        op.drop_index(name, table_name='employment')
        op.create_index(name, 'employment', columns)
    op.drop_index('ix_employee_confirmed', table_name='employee')
