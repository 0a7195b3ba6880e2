"""One point a day of the stored figures, so that a page can say how far they have come.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'figure_day',
        sa.Column('level', sa.String(1), nullable=False),
        sa.Column('place', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('code', sa.String(40), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('level', 'place', 'code', 'day', name=op.f('pk_figure_day')),
    )


def downgrade() -> None:
    op.drop_table('figure_day')
