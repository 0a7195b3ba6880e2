"""What somebody is told in a role is bound to it: letters and notices keep the roles, each with its place.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

TABLES = ('letter', 'notice')


def upgrade() -> None:
    for table in TABLES:
        column = sa.Column('made_in', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
        op.add_column(table, column)


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, 'made_in')
