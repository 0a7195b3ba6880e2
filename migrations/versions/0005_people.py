"""People and access: registration, links, second factor, consent, changes of staff data, letter templates.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

REGISTRATION = ("email", "pending", "confirmed", "returned", "rejected")
IMPORT = ("previewed", "applied", "cancelled", "undone")


def _allow(table: str, name: str, values: tuple[str, ...]) -> None:
    """Let the status be one of ``values``."""
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"status IN ({listed})")


def upgrade() -> None:
    op.create_table('letter_template',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=True),
    sa.Column('required', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_template')),
    sa.UniqueConstraint('code', name=op.f('uq_letter_template_code'))
    )
    op.create_table('quality_rule',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('weight', sa.SmallInteger(), nullable=False),
    sa.Column('enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.CheckConstraint('weight BETWEEN 0 AND 100', name=op.f('ck_quality_rule_weight')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quality_rule')),
    sa.UniqueConstraint('code', name=op.f('uq_quality_rule_code'))
    )
    op.create_table('change_request',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('comment', sa.String(length=1000), nullable=True),
    sa.Column('status', sa.Enum('proposed', 'accepted', 'declined', 'withdrawn', name='changestatus', native_enum=False, create_constraint=True, length=24), server_default='proposed', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_change_request_created_by_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['ab_user.id'], name=op.f('fk_change_request_decided_by_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_change_request_employee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_request'))
    )
    op.create_index('ix_change_request_due', 'change_request', ['status', 'due_on', 'id'], unique=False)
    op.create_index(op.f('ix_change_request_employee_id'), 'change_request', ['employee_id'], unique=False)
    op.create_index('uq_change_request_live', 'change_request', ['employee_id'], unique=True, postgresql_where=sa.text("status = 'proposed'"))
    op.create_table('consent_withdrawal',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('person_name', sa.String(length=255), nullable=False),
    sa.Column('status', sa.Enum('open', 'done', name='withdrawalstatus', native_enum=False, create_constraint=True, length=24), server_default='open', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['ab_user.id'], name=op.f('fk_consent_withdrawal_decided_by_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_consent_withdrawal_employee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_withdrawal'))
    )
    op.create_index('ix_consent_withdrawal_due', 'consent_withdrawal', ['status', 'due_on', 'id'], unique=False)
    op.create_index('uq_consent_withdrawal_open', 'consent_withdrawal', ['employee_id'], unique=True, postgresql_where=sa.text("status = 'open'"))
    op.create_table('employee_merge',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('kept_id', sa.Integer(), nullable=False),
    sa.Column('gone_id', sa.Integer(), nullable=False),
    sa.Column('gone', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('moved', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_employee_merge_created_by_id')),
    sa.ForeignKeyConstraint(['kept_id'], ['employee.id'], name=op.f('fk_employee_merge_kept_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employee_merge'))
    )
    op.create_index(op.f('ix_employee_merge_gone_id'), 'employee_merge', ['gone_id'], unique=False)
    op.create_index(op.f('ix_employee_merge_kept_id'), 'employee_merge', ['kept_id'], unique=False)
    op.create_table('import_heading',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('heading', sa.String(length=255), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_import_heading_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_heading')),
    sa.UniqueConstraint('organization_id', 'heading', name=op.f('uq_import_heading_organization_id_heading'))
    )
    op.create_table('letter_refusal',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('template', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_letter_refusal_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'template', name=op.f('pk_letter_refusal'))
    )
    op.create_table('password_history',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('password_hash', sa.String(length=256), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_password_history_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_password_history'))
    )
    op.create_index(op.f('ix_password_history_user_id'), 'password_history', ['user_id'], unique=False)
    op.create_table('recovery_code',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_recovery_code_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code'))
    )
    op.create_index(op.f('ix_recovery_code_user_id'), 'recovery_code', ['user_id'], unique=False)
    op.create_table('one_time_link',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_one_time_link_registration_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_one_time_link_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_link')),
    sa.UniqueConstraint('sha256', name=op.f('uq_one_time_link_sha256'))
    )
    op.create_index(op.f('ix_one_time_link_registration_id'), 'one_time_link', ['registration_id'], unique=False)
    op.create_index(op.f('ix_one_time_link_user_id'), 'one_time_link', ['user_id'], unique=False)
    op.create_table('registration_subject',
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_registration_subject_registration_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_registration_subject_subject_id')),
    sa.PrimaryKeyConstraint('registration_id', 'subject_id', name=op.f('pk_registration_subject'))
    )
    op.create_index(op.f('ix_registration_subject_subject_id'), 'registration_subject', ['subject_id'], unique=False)
    op.create_table('transfer',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('person_name', sa.String(length=255), nullable=False),
    sa.Column('employment_id', sa.Integer(), nullable=False),
    sa.Column('from_organization_id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('position_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('released_on', sa.Date(), nullable=True),
    sa.Column('status', sa.Enum('requested', 'released', 'accepted', 'confirmed', 'declined', 'withdrawn', name='transferstatus', native_enum=False, create_constraint=True, length=24), server_default='requested', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('new_employment_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_transfer_created_by_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['ab_user.id'], name=op.f('fk_transfer_decided_by_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_transfer_employee_id')),
    sa.ForeignKeyConstraint(['employment_id', 'employee_id'], ['employment.id', 'employment.employee_id'], name=op.f('fk_transfer_employment_id_employee_id')),
    sa.ForeignKeyConstraint(['from_organization_id'], ['organization.id'], name=op.f('fk_transfer_from_organization_id')),
    sa.ForeignKeyConstraint(['new_employment_id'], ['employment.id'], name=op.f('fk_transfer_new_employment_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_transfer_organization_id')),
    sa.ForeignKeyConstraint(['position_id'], ['position.id'], name=op.f('fk_transfer_position_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer'))
    )
    op.create_index('ix_transfer_due', 'transfer', ['status', 'due_on', 'id'], unique=False)
    op.create_index(op.f('ix_transfer_employee_id'), 'transfer', ['employee_id'], unique=False)
    op.create_index(op.f('ix_transfer_from_organization_id'), 'transfer', ['from_organization_id'], unique=False)
    op.create_index(op.f('ix_transfer_organization_id'), 'transfer', ['organization_id'], unique=False)
    op.create_index('uq_transfer_live', 'transfer', ['employment_id'], unique=True, postgresql_where=sa.text("status IN ('requested', 'released', 'accepted')"))
    op.create_table('transfer_subject',
    sa.Column('transfer_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_transfer_subject_subject_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_transfer_subject_transfer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('transfer_id', 'subject_id', name=op.f('pk_transfer_subject'))
    )
    op.create_index(op.f('ix_transfer_subject_subject_id'), 'transfer_subject', ['subject_id'], unique=False)
    op.add_column('ab_user', sa.Column('totp_secret', sa.String(length=255), nullable=True))
    op.add_column('ab_user', sa.Column('totp_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ab_user', sa.Column('totp_step', sa.BigInteger(), nullable=True))
    op.add_column('access_request', sa.Column('valid_from', sa.Date(), nullable=True))
    op.add_column('access_request', sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('access_request', sa.Column('decided_by_id', sa.Integer(), nullable=True))
    op.create_index('ix_access_request_due', 'access_request', ['status', 'due_on', 'id'], unique=False)
    op.create_index('uq_access_request_live', 'access_request', ['user_id', 'role', sa.literal_column('coalesce(organization_id, 0)'), sa.literal_column('coalesce(territory_id, 0)')], unique=True, postgresql_where=sa.text("status = 'submitted'"))
    op.create_foreign_key(op.f('fk_access_request_decided_by_id'), 'access_request', 'ab_user', ['decided_by_id'], ['id'])
    op.add_column('import_batch', sa.Column('written', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False))
    op.add_column('import_batch', sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('letter', sa.Column('template', sa.String(length=40), nullable=True))
    op.add_column('letter', sa.Column('html', sa.Text(), nullable=True))
    op.add_column('letter', sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_letter_waiting', 'letter', ['recipient', 'id'], unique=False, postgresql_where=sa.text("status = 'queued'"))
    op.add_column('notice', sa.Column('user_id', sa.Integer(), nullable=True))
    op.create_index(op.f('ix_notice_user_id'), 'notice', ['user_id'], unique=False)
    op.create_foreign_key(op.f('fk_notice_user_id'), 'notice', 'ab_user', ['user_id'], ['id'], ondelete='CASCADE')
    op.alter_column('notice', 'employee_id', existing_type=sa.Integer(), nullable=True)
    op.create_check_constraint(op.f('ck_notice_owner'), 'notice', 'num_nonnulls(employee_id, user_id) = 1')
    op.add_column('registration', sa.Column('password_hash', sa.String(length=256), nullable=True))
    op.add_column('registration', sa.Column('consents', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False))
    op.add_column('registration', sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('registration', sa.Column('decided_by_id', sa.Integer(), nullable=True))
    op.create_index('ix_registration_due', 'registration', ['status', 'due_on', 'id'], unique=False)
    op.create_foreign_key(op.f('fk_registration_decided_by_id'), 'registration', 'ab_user', ['decided_by_id'], ['id'])
    op.add_column('registration', sa.Column('words', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple'::regconfig, translate(lower(coalesce(last_name, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(patronymic, '') || ' ' || coalesce(snils, '')), 'ё', 'е'))", persisted=True), nullable=False))
    op.create_index('ix_registration_words', 'registration', ['words'], unique=False, postgresql_using='gin')
    op.add_column('employment', sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.execute("UPDATE employment SET changed_at = created_at")
    op.create_index('ix_employment_waiting', 'employment', ['changed_at', 'id'], unique=False, postgresql_where=sa.text("status = 'unconfirmed' AND ended_on IS NULL"))
    op.create_index('ix_voucher_application_waiting', 'voucher_application', ['due_on', 'id'], unique=False, postgresql_where=sa.text("status = 'submitted'"))
    _allow("registration", "registrationstatus", REGISTRATION)
    op.alter_column("registration", "status", server_default="email")
    _allow("import_batch", "importstatus", IMPORT)
    op.alter_column("ab_user", "email", existing_type=sa.String(320), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE ab_user SET email = 'no-email-' || id || '@localhost' WHERE email IS NULL")
    op.alter_column("ab_user", "email", existing_type=sa.String(320), nullable=False)
    op.execute("DELETE FROM registration WHERE status IN ('email', 'rejected')")
    op.execute("UPDATE import_batch SET status = 'applied' WHERE status = 'undone'")
    _allow("import_batch", "importstatus", IMPORT[:-1])
    op.alter_column("registration", "status", server_default="pending")
    _allow("registration", "registrationstatus", REGISTRATION[1:-1])
    op.drop_index('ix_voucher_application_waiting', table_name='voucher_application', postgresql_where=sa.text("status = 'submitted'"))
    op.drop_index('ix_employment_waiting', table_name='employment', postgresql_where=sa.text("status = 'unconfirmed' AND ended_on IS NULL"))
    op.drop_column('employment', 'changed_at')
    op.drop_index('ix_registration_words', table_name='registration', postgresql_using='gin')
    op.drop_column('registration', 'words')
    op.drop_constraint(op.f('fk_registration_decided_by_id'), 'registration', type_='foreignkey')
    op.drop_index('ix_registration_due', table_name='registration')
    op.drop_column('registration', 'decided_by_id')
    op.drop_column('registration', 'decided_at')
    op.drop_column('registration', 'consents')
    op.drop_column('registration', 'password_hash')
    op.execute("DELETE FROM notice WHERE employee_id IS NULL")
    op.drop_constraint(op.f('ck_notice_owner'), 'notice', type_='check')
    op.alter_column('notice', 'employee_id', existing_type=sa.Integer(), nullable=False)
    op.drop_constraint(op.f('fk_notice_user_id'), 'notice', type_='foreignkey')
    op.drop_index(op.f('ix_notice_user_id'), table_name='notice')
    op.drop_column('notice', 'user_id')
    op.drop_index('ix_letter_waiting', table_name='letter', postgresql_where=sa.text("status = 'queued'"))
    op.drop_column('letter', 'next_attempt_at')
    op.drop_column('letter', 'html')
    op.drop_column('letter', 'template')
    op.drop_column('import_batch', 'undone_at')
    op.drop_column('import_batch', 'written')
    op.drop_constraint(op.f('fk_access_request_decided_by_id'), 'access_request', type_='foreignkey')
    op.drop_index('uq_access_request_live', table_name='access_request', postgresql_where=sa.text("status = 'submitted'"))
    op.drop_index('ix_access_request_due', table_name='access_request')
    op.drop_column('access_request', 'decided_by_id')
    op.drop_column('access_request', 'decided_at')
    op.drop_column('access_request', 'valid_from')
    op.drop_column('ab_user', 'totp_step')
    op.drop_column('ab_user', 'totp_since')
    op.drop_column('ab_user', 'totp_secret')
    op.drop_index(op.f('ix_transfer_subject_subject_id'), table_name='transfer_subject')
    op.drop_table('transfer_subject')
    op.drop_index('uq_transfer_live', table_name='transfer', postgresql_where=sa.text("status IN ('requested', 'released', 'accepted')"))
    op.drop_index(op.f('ix_transfer_organization_id'), table_name='transfer')
    op.drop_index(op.f('ix_transfer_from_organization_id'), table_name='transfer')
    op.drop_index(op.f('ix_transfer_employee_id'), table_name='transfer')
    op.drop_index('ix_transfer_due', table_name='transfer')
    op.drop_table('transfer')
    op.drop_index(op.f('ix_registration_subject_subject_id'), table_name='registration_subject')
    op.drop_table('registration_subject')
    op.drop_index(op.f('ix_one_time_link_user_id'), table_name='one_time_link')
    op.drop_index(op.f('ix_one_time_link_registration_id'), table_name='one_time_link')
    op.drop_table('one_time_link')
    op.drop_index(op.f('ix_recovery_code_user_id'), table_name='recovery_code')
    op.drop_table('recovery_code')
    op.drop_index(op.f('ix_password_history_user_id'), table_name='password_history')
    op.drop_table('password_history')
    op.drop_table('letter_refusal')
    op.drop_table('import_heading')
    op.drop_index(op.f('ix_employee_merge_kept_id'), table_name='employee_merge')
    op.drop_index(op.f('ix_employee_merge_gone_id'), table_name='employee_merge')
    op.drop_table('employee_merge')
    op.drop_index('uq_consent_withdrawal_open', table_name='consent_withdrawal', postgresql_where=sa.text("status = 'open'"))
    op.drop_index('ix_consent_withdrawal_due', table_name='consent_withdrawal')
    op.drop_table('consent_withdrawal')
    op.drop_index('uq_change_request_live', table_name='change_request', postgresql_where=sa.text("status = 'proposed'"))
    op.drop_index(op.f('ix_change_request_employee_id'), table_name='change_request')
    op.drop_index('ix_change_request_due', table_name='change_request')
    op.drop_table('change_request')
    op.drop_table('quality_rule')
    op.drop_table('letter_template')
