"""An operator takes a case: the others see by whom.

Revision ID: 0033
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'taken_case',
        sa.Column('object_table', sa.String(length=40), nullable=False),
        sa.Column('object_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_taken_case_user_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('object_table', 'object_id', name=op.f('pk_taken_case')),
    )
    op.create_index(op.f('ix_taken_case_user_id'), 'taken_case', ['user_id'])


def downgrade() -> None:
    op.drop_table('taken_case')
