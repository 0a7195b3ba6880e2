"""Cards that were not looked through for half a year are found by an index, however many people there are.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_employee_confirmed', 'employee', [sa.text('coalesce(confirmed_actual_at, created_at)')])
    # of an expression the planner knows nothing before its statistics are gathered
    op.execute('ANALYZE employee')


def downgrade() -> None:
    op.drop_index('ix_employee_confirmed', table_name='employee')
