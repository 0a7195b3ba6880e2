"""Planning of the next year: campaigns with states, offers of organizers, wishes for an offer, what nobody offers.

Wishes that named a program get an offer of it: its seats are the wishes there are, in groups of 15 to 25.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

_MONTHS = 'ARRAY[1,2,3,4,5,6,7,8,9,10,11,12]::smallint[]'


def _status(*codes: str, name: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=24)


def _user(column: str) -> sa.Column:
    return sa.Column(column, sa.Integer(), nullable=True)


def upgrade() -> None:
    _campaigns()
    _offers()
    _items()
    _unmet()


def _campaigns() -> None:
    table = 'plan_campaign'
    op.execute("UPDATE plan_campaign SET programs_until = opens_on WHERE programs_until IS NULL OR programs_until > opens_on")
    op.alter_column(table, 'programs_until', nullable=False)
    op.add_column(table, sa.Column('wishes_most', sa.SmallInteger(), server_default=sa.text('3'), nullable=False))
    op.add_column(table, sa.Column('needs_agreement', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.add_column(
        table,
        sa.Column(
            'status',
            _status('preparing', 'open', 'closed', 'approved', name='campaignstatus'),
            server_default='preparing',
            nullable=False,
        ),
    )
    op.add_column(table, sa.Column('reason_text', sa.String(length=1000), nullable=True))
    op.add_column(
        table, sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    )
    op.drop_constraint(op.f('ck_plan_campaign_dates'), table, type_='check')
    op.create_check_constraint(
        op.f('ck_plan_campaign_dates'), table, 'programs_until <= opens_on AND opens_on <= closes_on'
    )
    op.create_check_constraint(op.f('ck_plan_campaign_before_year'), table, 'closes_on < make_date(year::int, 1, 1)')
    op.create_check_constraint(op.f('ck_plan_campaign_year'), table, 'year BETWEEN 2000 AND 2100')
    op.create_check_constraint(op.f('ck_plan_campaign_wishes_most'), table, 'wishes_most BETWEEN 1 AND 3')
    op.execute(
        'ALTER TABLE plan_campaign ADD CONSTRAINT ex_plan_campaign_days EXCLUDE USING gist '
        "(daterange(opens_on, closes_on, '[]') WITH &&)"
    )
    op.create_table(
        'plan_quota',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('territory_id', sa.Integer(), nullable=False),
        sa.Column('people', sa.Integer(), nullable=False),
        sa.CheckConstraint('people >= 0', name=op.f('ck_plan_quota_people')),
        sa.ForeignKeyConstraint(
            ['campaign_id'], ['plan_campaign.id'], name=op.f('fk_plan_quota_campaign_id'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], name=op.f('fk_plan_quota_territory_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_quota')),
        sa.UniqueConstraint('campaign_id', 'territory_id', name=op.f('uq_plan_quota_campaign_id_territory_id')),
    )
    op.create_index(op.f('ix_plan_quota_territory_id'), 'plan_quota', ['territory_id'])


def _offers() -> None:
    op.create_table(
        'plan_offer',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('organizer_id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=30), nullable=False),
        sa.Column('program_id', sa.Integer(), nullable=False),
        sa.Column('seats', sa.Integer(), nullable=False),
        sa.Column('minimum', sa.Integer(), nullable=False),
        sa.Column('capacity', sa.Integer(), nullable=False),
        sa.Column('months', postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column('municipality_ids', postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column('note', sa.String(length=1000), nullable=True),
        sa.Column('late', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column(
            'status',
            _status('late', 'offered', 'declined', 'withdrawn', name='offerstatus'),
            server_default='offered',
            nullable=False,
        ),
        sa.Column('reason_text', sa.String(length=1000), nullable=True),
        _user('created_by_id'),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            '0 < minimum AND minimum <= capacity AND capacity <= seats', name=op.f('ck_plan_offer_seats')
        ),
        sa.CheckConstraint(
            f'cardinality(months) > 0 AND months <@ {_MONTHS}', name=op.f('ck_plan_offer_months')
        ),
        sa.ForeignKeyConstraint(['campaign_id'], ['plan_campaign.id'], name=op.f('fk_plan_offer_campaign_id')),
        sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_plan_offer_organizer_id')),
        sa.ForeignKeyConstraint(
            ['program_id', 'organizer_id'],
            ['program.id', 'program.organizer_id'],
            name=op.f('fk_plan_offer_program_id_organizer_id'),
        ),
        sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_plan_offer_created_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_offer')),
        sa.UniqueConstraint(
            'campaign_id', 'organizer_id', 'code', name=op.f('uq_plan_offer_campaign_id_organizer_id_code')
        ),
        sa.UniqueConstraint('id', 'campaign_id', name=op.f('uq_plan_offer_id_campaign_id')),
    )
    op.create_index(op.f('ix_plan_offer_organizer_id'), 'plan_offer', ['organizer_id'])
    op.create_index('ix_plan_offer_program_id', 'plan_offer', ['program_id'])
    # the newest edition that was chosen stands for its program
    op.execute(
        """
        INSERT INTO plan_offer (campaign_id, organizer_id, code, program_id, seats, minimum, capacity, months)
        SELECT i.campaign_id, p.organizer_id, p.code, max(p.id), greatest(count(*), 25), 15, 25,
               ARRAY[1,2,3,4,5,6,7,8,9,10,11,12]::smallint[]
        FROM plan_item i JOIN program p ON p.id = i.program_id
        GROUP BY i.campaign_id, p.organizer_id, p.code
        """
    )


def _items() -> None:
    table = 'plan_item'
    op.drop_index('uq_plan_item_live', table)
    op.drop_constraint(op.f('ck_plan_item_planitemstatus'), table, type_='check')
    op.create_check_constraint(
        op.f('ck_plan_item_planitemstatus'),
        table,
        "status IN ('proposed', 'agreed', 'included', 'declined', 'withdrawn')",
    )
    op.add_column(table, sa.Column('offer_id', sa.Integer(), nullable=True))
    op.add_column(
        table, sa.Column('block', _status('invariant', 'variable', name='blockkind'), nullable=True)
    )
    op.add_column(
        table,
        sa.Column('months', postgresql.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(table, sa.Column('priority', sa.SmallInteger(), server_default=sa.text('1'), nullable=False))
    for column in ('created_by_id', 'agreed_by_id', 'decided_by_id'):
        op.add_column(table, _user(column))
        op.create_foreign_key(op.f(f'fk_plan_item_{column}'), table, 'ab_user', [column], ['id'])
    op.add_column(table, sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE plan_item SET offer_id = o.id, block = p.block,
            months = CASE WHEN month IS NULL THEN '{}' ELSE ARRAY[month] END, month = NULL
        FROM program p JOIN plan_offer o ON o.organizer_id = p.organizer_id AND o.code = p.code
        WHERE p.id = plan_item.program_id AND o.campaign_id = plan_item.campaign_id
        """
    )
    # two editions of one program were two wishes; more than three of them there could be, too
    op.execute(
        """
        UPDATE plan_item SET status = 'withdrawn' FROM (
            SELECT id, row_number() OVER (PARTITION BY campaign_id, employee_id, offer_id ORDER BY id DESC) AS nth
            FROM plan_item WHERE status IN ('proposed', 'agreed', 'included')) same
        WHERE same.id = plan_item.id AND same.nth > 1
        """
    )
    op.execute(
        """
        UPDATE plan_item SET priority = least(ranked.nth, 3),
            status = CASE WHEN ranked.nth > 3 THEN 'withdrawn' ELSE plan_item.status END
        FROM (
            SELECT id, row_number() OVER (PARTITION BY campaign_id, employee_id ORDER BY id) AS nth
            FROM plan_item WHERE status IN ('proposed', 'agreed', 'included')) ranked
        WHERE ranked.id = plan_item.id
        """
    )
    op.alter_column(table, 'offer_id', nullable=False)
    op.drop_constraint('fk_plan_item_employment_id', table, type_='foreignkey')
    op.create_foreign_key(
        op.f('fk_plan_item_employment_id_employee_id'),
        table,
        'employment',
        ['employment_id', 'employee_id'],
        ['id', 'employee_id'],
    )
    op.create_foreign_key(
        op.f('fk_plan_item_offer_id_campaign_id'),
        table,
        'plan_offer',
        ['offer_id', 'campaign_id'],
        ['id', 'campaign_id'],
    )
    op.create_check_constraint(op.f('ck_plan_item_months'), table, f'months <@ {_MONTHS}')
    op.create_check_constraint(op.f('ck_plan_item_priority'), table, 'priority BETWEEN 1 AND 3')
    op.create_index(
        'uq_plan_item_live',
        table,
        ['campaign_id', 'employee_id', 'offer_id'],
        unique=True,
        postgresql_where=sa.text("status IN ('agreed', 'included', 'proposed')"),
    )
    op.execute(
        'ALTER TABLE plan_item ADD CONSTRAINT ex_plan_item_priority EXCLUDE USING gist '
        '(campaign_id WITH =, employee_id WITH =, priority WITH =) '
        "WHERE (status IN ('agreed', 'included', 'proposed')) DEFERRABLE INITIALLY IMMEDIATE"
    )
    op.create_index('ix_plan_item_offer_id', table, ['offer_id', 'status'])
    op.create_index('ix_plan_item_employment_id', table, ['employment_id'])
    op.create_index(op.f('ix_plan_item_group_id'), table, ['group_id'])


def _unmet() -> None:
    op.create_table(
        'unmet_wish',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('employee_id', sa.Integer(), nullable=False),
        sa.Column('employment_id', sa.Integer(), nullable=False),
        sa.Column('words', sa.String(length=1000), server_default=sa.text("''"), nullable=False),
        sa.Column('answer', sa.String(length=1000), nullable=True),
        sa.Column(
            'status',
            _status('waiting', 'answered', 'withdrawn', name='unmetstatus'),
            server_default='waiting',
            nullable=False,
        ),
        _user('created_by_id'),
        _user('decided_by_id'),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(['campaign_id'], ['plan_campaign.id'], name=op.f('fk_unmet_wish_campaign_id')),
        sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_unmet_wish_employee_id')),
        sa.ForeignKeyConstraint(
            ['employment_id', 'employee_id'],
            ['employment.id', 'employment.employee_id'],
            name=op.f('fk_unmet_wish_employment_id_employee_id'),
        ),
        sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_unmet_wish_created_by_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['ab_user.id'], name=op.f('fk_unmet_wish_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_unmet_wish')),
    )
    op.create_index(op.f('ix_unmet_wish_employee_id'), 'unmet_wish', ['employee_id'])
    op.create_index(op.f('ix_unmet_wish_employment_id'), 'unmet_wish', ['employment_id'])
    op.create_index(
        'uq_unmet_wish_live',
        'unmet_wish',
        ['campaign_id', 'employee_id'],
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_index(
        'ix_unmet_wish_waiting', 'unmet_wish', ['created_at', 'id'], postgresql_where=sa.text("status = 'waiting'")
    )


def downgrade() -> None:
    op.drop_table('unmet_wish')
    table = 'plan_item'
    for name in ('ix_plan_item_group_id', 'ix_plan_item_employment_id', 'ix_plan_item_offer_id',
                 'uq_plan_item_live'):  # fmt: skip
        op.drop_index(name, table)
    op.execute("UPDATE plan_item SET status = 'declined' WHERE status = 'withdrawn'")
    op.execute('UPDATE plan_item SET month = months[1] WHERE month IS NULL AND cardinality(months) > 0')
    op.drop_constraint(op.f('ck_plan_item_planitemstatus'), table, type_='check')
    op.create_check_constraint(
        op.f('ck_plan_item_planitemstatus'), table, "status IN ('proposed', 'agreed', 'included', 'declined')"
    )
    op.drop_constraint('fk_plan_item_employment_id_employee_id', table, type_='foreignkey')
    op.create_foreign_key(op.f('fk_plan_item_employment_id'), table, 'employment', ['employment_id'], ['id'])
    for column in ('offer_id', 'block', 'months', 'priority', 'created_by_id', 'agreed_by_id', 'decided_by_id',
                   'decided_at'):  # fmt: skip
        op.drop_column(table, column)
    op.create_index(
        'uq_plan_item_live',
        table,
        ['campaign_id', 'employee_id', 'program_id'],
        unique=True,
        postgresql_where=sa.text("status <> 'declined'"),
    )
    op.drop_table('plan_offer')
    op.drop_table('plan_quota')
    table = 'plan_campaign'
    op.drop_constraint('ex_plan_campaign_days', table)
    for name in ('wishes_most', 'year', 'before_year', 'dates'):
        op.drop_constraint(op.f(f'ck_plan_campaign_{name}'), table, type_='check')
    op.create_check_constraint(op.f('ck_plan_campaign_dates'), table, 'opens_on <= closes_on')
    for column in ('created_at', 'reason_text', 'status', 'needs_agreement', 'wishes_most'):
        op.drop_column(table, column)
    op.alter_column(table, 'programs_until', nullable=True)
