"""What the ministry approved of a plan and of its changes; the rows never change.

Revision ID: 0038
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0038'
down_revision = '0036'
branch_labels = None
depends_on = None

_NEVER_CHANGES = """
CREATE FUNCTION plan_result_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'plan_result never changes'; END $$;
CREATE TRIGGER plan_result_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_result
FOR EACH STATEMENT EXECUTE FUNCTION plan_result_never_changes();
"""


def upgrade() -> None:
    op.create_table(
        'plan_result',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.SmallInteger(), nullable=False),
        sa.Column('reason_text', sa.String(length=1000), nullable=True),
        sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column('approved_by_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint('(number = 0) = (reason_text IS NULL)', name=op.f('ck_plan_result_reason')),
        sa.CheckConstraint('number >= 0', name=op.f('ck_plan_result_number')),
        sa.ForeignKeyConstraint(['approved_by_id'], ['ab_user.id'], name=op.f('fk_plan_result_approved_by_id')),
        sa.ForeignKeyConstraint(
            ['campaign_id'], ['plan_campaign.id'], name=op.f('fk_plan_result_campaign_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_result')),
        sa.UniqueConstraint('campaign_id', 'number', name=op.f('uq_plan_result_campaign_id_number')),
    )
    op.execute(_NEVER_CHANGES)


def downgrade() -> None:
    op.drop_table('plan_result')
    op.execute('DROP FUNCTION plan_result_never_changes()')
