"""A misprinted blank knows the listener whose document was printed on another one instead.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('blank', sa.Column('spoiled_for_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_blank_spoiled_for_id'), 'blank', 'enrolment', ['spoiled_for_id'], ['id'])
    op.create_index(op.f('ix_blank_spoiled_for_id'), 'blank', ['spoiled_for_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_blank_spoiled_for_id'), table_name='blank')
    op.drop_constraint(op.f('fk_blank_spoiled_for_id'), 'blank', type_='foreignkey')
    op.drop_column('blank', 'spoiled_for_id')
