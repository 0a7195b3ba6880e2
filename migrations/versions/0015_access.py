"""Sessions that end on the server, failures of signing in by place, rows bound to the role they were made in.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

#: table → column of its author
_MADE_IN = {
    'background_job': 'user_id', 'import_batch': 'user_id', 'saved_filter': 'user_id', 'saved_registry': 'user_id',
    'stored_file': 'owner_id',
}

#: rows of before are bound to the roles on organizations and territories that their author held that day
_BIND = """
UPDATE {table} AS made SET made_in = found.places FROM (
  SELECT row.id, array_agg(DISTINCT a.role || ':' || coalesce(a.organization_id, a.territory_id)) AS places
  FROM {table} row JOIN assignment a ON a.user_id = row.{author} AND a.role IN ('school', 'organizer', 'territory')
    AND a.valid_from <= row.created_at::date AND (a.valid_to IS NULL OR a.valid_to >= row.created_at::date)
  GROUP BY row.id
) AS found WHERE found.id = made.id
"""


def upgrade() -> None:
    for table, author in _MADE_IN.items():
        empty = sa.text("'{}'")
        op.add_column(table, sa.Column('made_in', postgresql.ARRAY(sa.Text()), server_default=empty, nullable=False))
        op.execute(_BIND.format(table=table, author=author))
    # a scan of the person's own request belongs to the person, whatever the roles
    op.execute("UPDATE stored_file SET made_in = '{}' WHERE object_table = 'access_request'")
    op.create_table(
        'web_session',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('viewed_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ['user_id'], ['ab_user.id'], name=op.f('fk_web_session_user_id'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['viewed_id'], ['ab_user.id'], name=op.f('fk_web_session_viewed_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_web_session')),
        sa.UniqueConstraint('sha256', name=op.f('uq_web_session_sha256')),
    )
    op.create_index(op.f('ix_web_session_user_id'), 'web_session', ['user_id'])
    op.create_index(op.f('ix_web_session_ends_at'), 'web_session', ['ends_at'])
    op.create_table(
        'sign_in_failure',
        sa.Column('login', sa.String(length=64), nullable=False),
        sa.Column('source', sa.String(length=80), nullable=False),
        sa.Column('failures', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('closings', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('closed_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.CheckConstraint('failures >= 0 AND closings >= 0', name=op.f('ck_sign_in_failure_counts')),
        sa.PrimaryKeyConstraint('login', 'source', name=op.f('pk_sign_in_failure')),
    )
    op.create_index(op.f('ix_sign_in_failure_seen_at'), 'sign_in_failure', ['seen_at'])
    # the entrance is closed by failures for a place now, no longer for everybody
    op.execute("UPDATE ab_user SET locked_until = NULL WHERE locked_until < '9000-01-01'")
    op.add_column('ab_user', sa.Column('one_time_until', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE ab_user SET one_time_until = now() + interval '14 days' WHERE must_change_password")
    op.add_column('access_request', sa.Column('proposed_by_id', sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f('fk_access_request_proposed_by_id'), 'access_request', 'ab_user', ['proposed_by_id'], ['id']
    )


def downgrade() -> None:
    op.drop_constraint(op.f('fk_access_request_proposed_by_id'), 'access_request', type_='foreignkey')
    op.drop_column('access_request', 'proposed_by_id')
    op.drop_column('ab_user', 'one_time_until')
    op.drop_table('sign_in_failure')
    op.drop_table('web_session')
    for table in _MADE_IN:
        op.drop_column(table, 'made_in')
