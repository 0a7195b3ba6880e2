"""Groups proposed out of wishes; where municipalities lie.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

#: municipality of the first region → latitude, longitude of its centre; rows that the operator named otherwise stay without
POINTS = {
    'городской округ Самара': ('53.1959', '50.1002'),
    'городской округ Тольятти': ('53.5078', '49.4204'),
    'городской округ Жигулёвск': ('53.3997', '49.4953'),
    'городской округ Кинель': ('53.2210', '50.6344'),
    'городской округ Новокуйбышевск': ('53.0959', '49.9462'),
    'городской округ Октябрьск': ('53.1631', '48.6714'),
    'городской округ Отрадный': ('53.3760', '51.3452'),
    'городской округ Похвистнево': ('53.6498', '52.1235'),
    'городской округ Сызрань': ('53.1585', '48.4681'),
    'городской округ Чапаевск': ('52.9771', '49.7086'),
    'муниципальный район Алексеевский': ('52.5880', '51.2670'),
    'муниципальный район Безенчукский': ('52.9826', '49.4344'),
    'муниципальный район Богатовский': ('53.0595', '51.3346'),
    'муниципальный район Большеглушицкий': ('52.3960', '50.4849'),
    'муниципальный район Большечерниговский': ('52.1008', '50.8706'),
    'муниципальный район Борский': ('53.0296', '51.7056'),
    'муниципальный район Волжский': ('53.1959', '50.1002'),
    'муниципальный район Елховский': ('53.8703', '50.2914'),
    'муниципальный район Исаклинский': ('54.1277', '51.5420'),
    'муниципальный район Камышлинский': ('54.1160', '52.1400'),
    'муниципальный район Кинель-Черкасский': ('53.4667', '51.4333'),
    'муниципальный район Кинельский': ('53.2210', '50.6344'),
    'муниципальный район Клявлинский': ('54.2659', '52.0288'),
    'муниципальный район Кошкинский': ('54.2101', '50.4650'),
    'муниципальный район Красноармейский': ('52.7266', '50.0253'),
    'муниципальный район Красноярский': ('53.4986', '50.3910'),
    'муниципальный район Нефтегорский': ('52.7970', '51.1640'),
    'муниципальный район Пестравский': ('52.4049', '49.9672'),
    'муниципальный район Похвистневский': ('53.6498', '52.1235'),
    'муниципальный район Приволжский': ('52.8700', '48.6050'),
    'муниципальный район Сергиевский': ('53.9394', '51.1680'),
    'муниципальный район Ставропольский': ('53.5078', '49.4204'),
    'муниципальный район Сызранский': ('53.1585', '48.4681'),
    'муниципальный район Хворостянский': ('52.6106', '48.9647'),
    'муниципальный район Челно-Вершинский': ('54.4178', '51.0962'),
    'муниципальный район Шенталинский': ('54.4571', '51.4759'),
    'муниципальный район Шигонский': ('53.3880', '48.6760'),
}


def upgrade() -> None:
    _points()
    _proposals()


def _points() -> None:
    table = 'municipality'
    op.add_column(table, sa.Column('latitude', sa.Numeric(6, 4), nullable=True))
    op.add_column(table, sa.Column('longitude', sa.Numeric(7, 4), nullable=True))
    op.create_check_constraint(op.f('ck_municipality_latitude'), table, 'latitude BETWEEN -90 AND 90')
    op.create_check_constraint(op.f('ck_municipality_longitude'), table, 'longitude BETWEEN -180 AND 180')
    update = sa.text('UPDATE municipality SET latitude = :latitude, longitude = :longitude WHERE name = :name')
    for name, (latitude, longitude) in POINTS.items():
        op.execute(update.bindparams(name=name, latitude=latitude, longitude=longitude))


def _id() -> sa.Column:
    return sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False)


def _proposals() -> None:
    table = 'plan_proposal'
    op.create_table(
        table,
        _id(),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('people', sa.Integer(), nullable=False),
        sa.Column('bound', sa.Integer(), nullable=False),
        sa.Column('solved_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('written_by_id', sa.Integer(), nullable=True),
        sa.CheckConstraint('people BETWEEN 0 AND bound', name=op.f('ck_plan_proposal_people')),
        sa.CheckConstraint('(written_at IS NULL) = (written_by_id IS NULL)', name=op.f('ck_plan_proposal_written')),
        sa.ForeignKeyConstraint(['campaign_id'], ['plan_campaign.id'], name=op.f('fk_plan_proposal_campaign_id')),
        sa.ForeignKeyConstraint(['written_by_id'], ['ab_user.id'], name=op.f('fk_plan_proposal_written_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_proposal')),
        sa.UniqueConstraint('campaign_id', name=op.f('uq_plan_proposal_campaign_id')),
    )
    table = 'plan_proposal_group'
    op.create_table(
        table,
        _id(),
        sa.Column('proposal_id', sa.Integer(), nullable=False),
        sa.Column('offer_id', sa.Integer(), nullable=False),
        sa.Column('month', sa.SmallInteger(), nullable=False),
        sa.Column('municipality_id', sa.Integer(), nullable=True),
        sa.Column('size', sa.SmallInteger(), nullable=False),
        sa.Column('locked', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('group_id', sa.Integer(), nullable=True),
        sa.CheckConstraint('month BETWEEN 1 AND 12', name=op.f('ck_plan_proposal_group_month')),
        sa.CheckConstraint('size > 0', name=op.f('ck_plan_proposal_group_size')),
        sa.ForeignKeyConstraint(
            ['proposal_id'], ['plan_proposal.id'], name=op.f('fk_plan_proposal_group_proposal_id'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['offer_id'], ['plan_offer.id'], name=op.f('fk_plan_proposal_group_offer_id')),
        sa.ForeignKeyConstraint(
            ['municipality_id'], ['municipality.id'], name=op.f('fk_plan_proposal_group_municipality_id')
        ),
        sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_plan_proposal_group_group_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_proposal_group')),
        sa.UniqueConstraint('group_id', name=op.f('uq_plan_proposal_group_group_id')),
        sa.UniqueConstraint('id', 'proposal_id', name=op.f('uq_plan_proposal_group_id_proposal_id')),
    )
    op.create_index('ix_plan_proposal_group_proposal_id', table, ['proposal_id', 'offer_id', 'month'])
    op.create_index(op.f('ix_plan_proposal_group_offer_id'), table, ['offer_id'])
    table = 'plan_proposal_item'
    op.create_table(
        table,
        _id(),
        sa.Column('proposal_id', sa.Integer(), nullable=False),
        sa.Column('item_id', sa.Integer(), nullable=False),
        sa.Column('proposal_group_id', sa.Integer(), nullable=True),
        sa.Column('reason', sa.String(length=20), nullable=True),
        sa.CheckConstraint('(proposal_group_id IS NULL) = (reason IS NOT NULL)', name=op.f('ck_plan_proposal_item_place')),
        sa.ForeignKeyConstraint(
            ['proposal_id'], ['plan_proposal.id'], name=op.f('fk_plan_proposal_item_proposal_id'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['item_id'], ['plan_item.id'], name=op.f('fk_plan_proposal_item_item_id')),
        sa.ForeignKeyConstraint(
            ['proposal_group_id', 'proposal_id'],
            ['plan_proposal_group.id', 'plan_proposal_group.proposal_id'],
            name=op.f('fk_plan_proposal_item_proposal_group_id_proposal_id'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_proposal_item')),
        sa.UniqueConstraint('proposal_id', 'item_id', name=op.f('uq_plan_proposal_item_proposal_id_item_id')),
    )
    op.create_index('ix_plan_proposal_item_proposal_group_id', table, ['proposal_group_id'])
    op.create_index(op.f('ix_plan_proposal_item_item_id'), table, ['item_id'])


def downgrade() -> None:
    for table in ('plan_proposal_item', 'plan_proposal_group', 'plan_proposal'):
        op.drop_table(table)
    op.drop_column('municipality', 'longitude')
    op.drop_column('municipality', 'latitude')
