"""Courses: editions of programs, quotas, offers from the waiting list, attendance, orders, reminders, digests.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

ENROLMENT = ("waiting", "applied", "agreed", "confirmed", "trained", "failed", "no_show", "expelled", "rejected", "withdrawn")
HOLDING = ("agreed", "applied", "confirmed", "trained")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _allow(values: tuple[str, ...]) -> None:
    """Let the status of an enrolment be one of ``values``."""
    op.drop_constraint(op.f("ck_enrolment_enrolmentstatus"), "enrolment", type_="check")
    op.create_check_constraint(op.f("ck_enrolment_enrolmentstatus"), "enrolment", f"status IN ({_listed(values)})")


def _hold_blocks(values: tuple[str, ...]) -> None:
    """Let an enrolment in one of ``values`` hold its block alone."""
    op.drop_index("uq_enrolment_block", table_name="enrolment")
    where = sa.text(f"status IN ({_listed(values)})")
    op.create_index("uq_enrolment_block", "enrolment", ["block_id"], unique=True, postgresql_where=where)


def _search_program(*columns: str) -> None:
    """Words of a program for the search."""
    joined = " || ' ' || ".join(f"coalesce({c}, '')" for c in columns)
    words = f"to_tsvector('simple'::regconfig, translate(lower({joined}), 'ё', 'е'))"
    op.drop_index("ix_program_search", table_name="program")
    op.drop_column("program", "search")
    op.add_column("program", sa.Column("search", postgresql.TSVECTOR(), sa.Computed(words, persisted=True), nullable=False))
    op.create_index("ix_program_search", "program", ["search"], postgresql_using="gin")


def upgrade() -> None:
    op.create_table('reminder_sent',
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('object_table', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'object_table', 'object_id', name=op.f('pk_reminder_sent'))
    )
    op.create_table('group_quota',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('territory_id', sa.Integer(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('seats', sa.SmallInteger(), nullable=False),
    sa.Column('taken', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('0 <= taken AND taken <= seats AND seats > 0', name=op.f('ck_group_quota_seats')),
    sa.CheckConstraint('num_nonnulls(territory_id, organization_id) = 1', name=op.f('ck_group_quota_place')),
    sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_group_quota_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_group_quota_organization_id')),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], name=op.f('fk_group_quota_territory_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_quota'))
    )
    op.create_index('uq_group_quota_place', 'group_quota', ['group_id', sa.literal_column('coalesce(territory_id, 0)'), sa.literal_column('coalesce(organization_id, 0)')], unique=True)
    op.create_table('training_order',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('enrolment', 'expulsion', name='orderkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('ordered_on', sa.Date(), nullable=False),
    sa.Column('basis', sa.String(length=1000), nullable=True),
    sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_training_order_created_by_id')),
    sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_training_order_group_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_training_order_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_order')),
    sa.UniqueConstraint('organizer_id', 'year', 'number', name=op.f('uq_training_order_organizer_id_year_number'))
    )
    op.create_index(op.f('ix_training_order_group_id'), 'training_order', ['group_id'], unique=False)
    op.create_table('attendance',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('mark', sa.Enum('present', 'absent', 'excused', name='attendancemark', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_attendance_enrolment_id')),
    sa.ForeignKeyConstraint(['meeting_id'], ['group_meeting.id'], name=op.f('fk_attendance_meeting_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('meeting_id', 'enrolment_id', name=op.f('uq_attendance_meeting_id_enrolment_id'))
    )
    op.create_index(op.f('ix_attendance_enrolment_id'), 'attendance', ['enrolment_id'], unique=False)
    op.add_column('ab_user', sa.Column('calendar_token', sa.String(length=64), nullable=True))
    op.create_unique_constraint(op.f('uq_ab_user_calendar_token'), 'ab_user', ['calendar_token'])
    op.add_column('enrolment', sa.Column('queued_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.add_column('enrolment', sa.Column('offer_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('enrolment', sa.Column('offers', sa.SmallInteger(), server_default=sa.text('0'), nullable=False))
    op.add_column('enrolment', sa.Column('quota_id', sa.Integer(), nullable=True))
    op.add_column('enrolment', sa.Column('transferred_from_id', sa.Integer(), nullable=True))
    op.add_column('enrolment', sa.Column('enrolment_order_id', sa.Integer(), nullable=True))
    op.add_column('enrolment', sa.Column('expulsion_order_id', sa.Integer(), nullable=True))
    op.create_index('ix_enrolment_offered', 'enrolment', ['offer_until'], unique=False, postgresql_where=sa.text("status = 'offered'"))
    op.create_foreign_key(op.f('fk_enrolment_quota_id'), 'enrolment', 'group_quota', ['quota_id'], ['id'])
    op.create_foreign_key(op.f('fk_enrolment_expulsion_order_id'), 'enrolment', 'training_order', ['expulsion_order_id'], ['id'])
    op.create_foreign_key(op.f('fk_enrolment_enrolment_order_id'), 'enrolment', 'training_order', ['enrolment_order_id'], ['id'])
    op.create_foreign_key(op.f('fk_enrolment_transferred_from_id'), 'enrolment', 'enrolment', ['transferred_from_id'], ['id'])
    op.create_index('ix_group_meeting_times', 'group_meeting', ['starts_at', 'ends_at'], unique=False)
    op.add_column('notice', sa.Column('in_digest', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index('ix_notice_digest', 'notice', ['user_id', 'employee_id'], unique=False, postgresql_where=sa.text('in_digest'))
    op.add_column('organization', sa.Column('group_mask', sa.String(length=60), server_default='{code}-{number}', nullable=False))
    op.add_column('organization', sa.Column('attendance_percent', sa.SmallInteger(), nullable=True))
    op.add_column('program', sa.Column('edition', sa.SmallInteger(), server_default=sa.text('1'), nullable=False))
    op.add_column('program', sa.Column('document_id', sa.Integer(), nullable=True))
    op.add_column('program', sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('program', sa.Column('late', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    # what waits already is waited for from today on
    op.execute("UPDATE program SET submitted_at = now() WHERE status = 'submitted'")
    op.create_index('ix_program_submitted', 'program', ['submitted_at', 'id'], unique=False, postgresql_where=sa.text("status = 'submitted'"))
    op.create_index('uq_program_published', 'program', ['organizer_id', 'code', 'year'], unique=True, postgresql_where=sa.text("status = 'published'"))
    op.create_index('uq_program_prepared', 'program', ['organizer_id', 'code', 'year'], unique=True, postgresql_where=sa.text("status IN ('draft', 'submitted', 'returned')"))
    op.drop_constraint(op.f('uq_program_organizer_id_code_year'), 'program', type_='unique')
    op.create_index(op.f('ix_program_previous_id'), 'program', ['previous_id'], unique=False)
    op.create_unique_constraint(op.f('uq_program_organizer_id_code_year_edition'), 'program', ['organizer_id', 'code', 'year', 'edition'])
    op.create_foreign_key(op.f('fk_program_document_id'), 'program', 'stored_file', ['document_id'], ['id'])
    op.add_column('training_group', sa.Column('municipality_id', sa.Integer(), nullable=True))
    op.create_index('ix_training_group_catalogue', 'training_group', ['starts_on', 'id'], unique=False, postgresql_where=sa.text("status = 'open'"))
    op.create_index('ix_training_group_place', 'training_group', [sa.literal_column("to_tsvector('simple'::regconfig, translate(lower(place), 'ё', 'е'))")], unique=False, postgresql_using='gin', postgresql_where=sa.text("status = 'open'"))
    op.create_foreign_key(op.f('fk_training_group_municipality_id'), 'training_group', 'municipality', ['municipality_id'], ['id'])
    op.add_column('voucher', sa.Column('check_code', sa.String(length=32), server_default=sa.text("replace(gen_random_uuid()::text, '-', '')"), nullable=False))
    op.add_column('voucher', sa.Column('imported', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_unique_constraint(op.f('uq_voucher_check_code'), 'voucher', ['check_code'])
    op.add_column('voucher_application', sa.Column('refusal_reason_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_voucher_application_refusal_reason_id'), 'voucher_application', 'refusal_reason', ['refusal_reason_id'], ['id'])
    op.add_column('voucher_block', sa.Column('training_id', sa.Integer(), nullable=True))
    op.create_index(op.f('ix_voucher_block_training_id'), 'voucher_block', ['training_id'], unique=False)
    op.create_foreign_key(op.f('fk_voucher_block_training_id'), 'voucher_block', 'training', ['training_id'], ['id'], ondelete='SET NULL')
    op.add_column('import_batch', sa.Column('kind', sa.String(length=40), server_default='staff', nullable=False))
    op.execute("UPDATE enrolment SET queued_at = created_at")
    _allow((*ENROLMENT, "offered"))
    _hold_blocks(tuple(sorted((*HOLDING, "offered"))))
    op.create_check_constraint(op.f("ck_enrolment_offer"), "enrolment", "(status = 'offered') = (offer_until IS NOT NULL)")
    op.create_check_constraint(op.f("ck_program_edition"), "program", "edition > 0")
    op.create_check_constraint(op.f("ck_organization_attendance_percent"), "organization", "attendance_percent BETWEEN 0 AND 100")
    _search_program("title", "code", "annotation", "authors")


def downgrade() -> None:
    _search_program("title", "code")
    op.drop_constraint(op.f("ck_program_edition"), "program", type_="check")
    op.drop_constraint(op.f("ck_enrolment_offer"), "enrolment", type_="check")
    # who was offered a seat keeps it
    op.execute("UPDATE enrolment SET status = 'applied', offer_until = NULL WHERE status = 'offered'")
    _hold_blocks(HOLDING)
    _allow(ENROLMENT)
    op.drop_column('import_batch', 'kind')
    op.drop_constraint(op.f('fk_voucher_block_training_id'), 'voucher_block', type_='foreignkey')
    op.drop_index(op.f('ix_voucher_block_training_id'), table_name='voucher_block')
    op.drop_column('voucher_block', 'training_id')
    op.drop_constraint(op.f('fk_voucher_application_refusal_reason_id'), 'voucher_application', type_='foreignkey')
    op.drop_column('voucher_application', 'refusal_reason_id')
    op.drop_constraint(op.f('uq_voucher_check_code'), 'voucher', type_='unique')
    op.drop_column('voucher', 'imported')
    op.drop_column('voucher', 'check_code')
    op.drop_constraint(op.f('fk_training_group_municipality_id'), 'training_group', type_='foreignkey')
    op.drop_index('ix_training_group_place', table_name='training_group', postgresql_using='gin', postgresql_where=sa.text("status = 'open'"))
    op.drop_index('ix_training_group_catalogue', table_name='training_group', postgresql_where=sa.text("status = 'open'"))
    op.drop_column('training_group', 'municipality_id')
    op.drop_constraint(op.f('fk_program_document_id'), 'program', type_='foreignkey')
    op.drop_constraint(op.f('uq_program_organizer_id_code_year_edition'), 'program', type_='unique')
    op.drop_index(op.f('ix_program_previous_id'), table_name='program')
    op.create_unique_constraint(op.f('uq_program_organizer_id_code_year'), 'program', ['organizer_id', 'code', 'year'], postgresql_nulls_not_distinct=False)
    op.drop_index('uq_program_prepared', table_name='program', postgresql_where=sa.text("status IN ('draft', 'submitted', 'returned')"))
    op.drop_index('uq_program_published', table_name='program', postgresql_where=sa.text("status = 'published'"))
    op.drop_index('ix_program_submitted', table_name='program', postgresql_where=sa.text("status = 'submitted'"))
    op.drop_column('program', 'late')
    op.drop_column('program', 'submitted_at')
    op.drop_column('program', 'document_id')
    op.drop_column('program', 'edition')
    op.drop_column('organization', 'attendance_percent')
    op.drop_column('organization', 'group_mask')
    op.drop_index('ix_notice_digest', table_name='notice', postgresql_where=sa.text('in_digest'))
    op.drop_column('notice', 'in_digest')
    op.drop_index('ix_group_meeting_times', table_name='group_meeting')
    op.drop_constraint(op.f('fk_enrolment_transferred_from_id'), 'enrolment', type_='foreignkey')
    op.drop_constraint(op.f('fk_enrolment_enrolment_order_id'), 'enrolment', type_='foreignkey')
    op.drop_constraint(op.f('fk_enrolment_expulsion_order_id'), 'enrolment', type_='foreignkey')
    op.drop_constraint(op.f('fk_enrolment_quota_id'), 'enrolment', type_='foreignkey')
    op.drop_index('ix_enrolment_offered', table_name='enrolment', postgresql_where=sa.text("status = 'offered'"))
    op.drop_column('enrolment', 'expulsion_order_id')
    op.drop_column('enrolment', 'enrolment_order_id')
    op.drop_column('enrolment', 'transferred_from_id')
    op.drop_column('enrolment', 'quota_id')
    op.drop_column('enrolment', 'offers')
    op.drop_column('enrolment', 'offer_until')
    op.drop_column('enrolment', 'queued_at')
    op.drop_constraint(op.f('uq_ab_user_calendar_token'), 'ab_user', type_='unique')
    op.drop_column('ab_user', 'calendar_token')
    op.drop_index(op.f('ix_attendance_enrolment_id'), table_name='attendance')
    op.drop_table('attendance')
    op.drop_index(op.f('ix_training_order_group_id'), table_name='training_order')
    op.drop_table('training_order')
    op.drop_index('uq_group_quota_place', table_name='group_quota')
    op.drop_table('group_quota')
    op.drop_table('reminder_sent')
