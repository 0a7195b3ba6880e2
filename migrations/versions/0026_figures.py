"""Numbers of people and papers by region, territory and organization are stored: pages read them, a job counts them.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'figure',
        sa.Column('level', sa.String(1), nullable=False),
        sa.Column('place', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('code', sa.String(40), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('level', 'place', 'code', name=op.f('pk_figure')),
    )
    op.create_table(
        'figure_count',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seconds', sa.Float(), nullable=False),
        sa.CheckConstraint('id = 1', name=op.f('ck_figure_count_one')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_figure_count')),
    )


def downgrade() -> None:
    op.drop_table('figure_count')
    op.drop_table('figure')
