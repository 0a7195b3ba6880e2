"""What a user keeps of lists: saved filters, columns and page size; hints switched off.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('dismissed_hint',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_dismissed_hint_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'code', name=op.f('pk_dismissed_hint'))
    )
    op.create_table('list_preference',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('view', sa.String(length=40), nullable=False),
    sa.Column('columns', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('page_size', sa.SmallInteger(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_list_preference_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'view', name=op.f('pk_list_preference'))
    )
    op.create_table('saved_filter',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('view', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('query', sa.String(length=1000), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_saved_filter_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filter')),
    sa.UniqueConstraint('user_id', 'view', 'title', name=op.f('uq_saved_filter_user_id_view_title'))
    )


def downgrade() -> None:
    op.drop_table('saved_filter')
    op.drop_table('list_preference')
    op.drop_table('dismissed_hint')
