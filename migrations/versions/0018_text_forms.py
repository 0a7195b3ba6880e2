"""One normal form of what is typed: names are unique by their key, numbers and former surnames are found as they are typed.

Names that differ only by case, ё, blanks, dashes or look-alike letters were accepted beside each other until now, and every
list from Excel that used one of them was refused. The oldest keeps its name, the others get «(повтор 2)»: nothing that points
to them changes, the journal and the log name each, and the operator decides which stays.

Revision ID: 0018
Revises: 0017
"""

import json
import logging

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

# app.text.sql.key_sql and code_sql as they are at this revision: another table of characters is a migration of its own
KEY = "btrim(regexp_replace(regexp_replace(translate(lower(normalize({0})), 'abcehkmoptxyëё‐‑‒–—―−\"«»„“”‟\t\n\x0b\x0c\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a''’‘ʼ`´′\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2065\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufeff', 'авсенкмортхуее-------                               '), ' +', ' ', 'g'), ' ?([-.,;:/№()]) ?', '\\1', 'g'), ' .,;')"
CODE = "btrim(translate(lower(normalize({0})), 'abcehkmoptxyëё‐‑‒–—―− №\t\n\x0b\x0c\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\"«»„“”‟''’‘ʼ`´′\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2065\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufeff', 'авсенкмортхуее-------'), '.,;:')"

#: table, column of the name, its label, order in which twins keep it
DIRECTORIES = (
    ('territory', 'name', 'Наименование', 'active DESC, id'),
    ('municipality', 'name', 'Наименование', 'id'),
    ('organization_type', 'name', 'Наименование', 'active DESC, id'),
    ('position', 'name', 'Наименование', 'active DESC, id'),
    ('subject', 'name', 'Наименование', 'active DESC, id'),
    ('education_level', 'name', 'Наименование', 'id'),
    ('attestation_kind', 'name', 'Наименование', 'id'),
    ('voucher_rule', 'title', 'Название', 'id'),
)
GENERAL_WORDS = ('Высшее', 'Высшее образование', 'Высшее профессиональное', 'Высшее профессиональное образование', 'ВПО', 'Высшее педагогическое', 'ВО')
FORMER_WORDS = "to_tsvector('simple'::regconfig, translate(lower(last_name), 'ё', 'е'))"

log = logging.getLogger('alembic.runtime.migration')


def upgrade() -> None:
    for table, column, label, order in DIRECTORIES:
        key = f'{column}_key'
        op.add_column(table, sa.Column(key, sa.Text(), sa.Computed(KEY.format(column), persisted=True), nullable=False))
        _part_twins(table, column, label, partition=key, order=order)
        op.drop_constraint(f'uq_{table}_{column}', table, type_='unique')
        op.create_unique_constraint(f'uq_{table}_{key}', table, [key])
    op.add_column('organization', sa.Column('name_key', sa.Text(), sa.Computed(KEY.format('short_name'), persisted=True), nullable=False))
    _part_twins('organization', 'short_name', 'Краткое наименование', partition='municipality_id, coalesce(parent_id, 0), name_key', order='id', where='closed_on IS NULL')
    op.create_index('uq_organization_name', 'organization', ['municipality_id', sa.literal_column('coalesce(parent_id, 0)'), 'name_key'], unique=True, postgresql_where=sa.text('closed_on IS NULL'))
    # a place of work whose first day nobody has told is counted from the day of its import
    op.add_column('employment', sa.Column('start_known', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    # «высшее» says no level: it gets a row of its own (app/reference), until now it was taken for специалитет
    for word in GENERAL_WORDS:
        op.execute(sa.text("UPDATE education_level SET synonyms = array_remove(synonyms, :word) WHERE code = 'specialist'").bindparams(word=word))
    op.create_index('ix_certificate_number_code', 'certificate', [sa.text(CODE.format('number')), 'issued_on'])
    op.create_index('uq_certificate_check_code_small', 'certificate', [sa.text('lower(check_code)')], unique=True)
    op.create_index('ix_former_name_words', 'former_name', [sa.text(FORMER_WORDS)], postgresql_using='gin')


def _part_twins(table: str, column: str, label: str, *, partition: str, order: str, where: str = 'true') -> None:
    """Rename all but the first row of a name, and say so in the journal and in the log."""
    bind = op.get_bind()
    twins = bind.execute(sa.text(
        f'SELECT id, name, place, kept FROM (SELECT id, {column} AS name, row_number() OVER w AS place, first_value({column}) OVER w AS kept'
        f' FROM {table} WHERE {where} WINDOW w AS (PARTITION BY {partition} ORDER BY {order})) t WHERE place > 1 ORDER BY id'
    )).all()
    for pk, name, place, kept in twins:
        renamed = f'{name[:230]} (повтор {place})'
        bind.execute(sa.text(f'UPDATE {table} SET {column} = :name WHERE id = :id'), {'name': renamed, 'id': pk})
        bind.execute(
            sa.text(
                'INSERT INTO audit_entry (user_name, role, action, object_table, object_id, object_label, changes)'
                " VALUES ('Портал', 'Обновление портала', :action, :table, :id, :label, CAST(:changes AS jsonb))"
            ),
            {'action': f'{table}.updated', 'table': table, 'id': pk, 'label': renamed[:255], 'changes': json.dumps({label: [name, renamed]}, ensure_ascii=False)},
        )
        log.warning('%s %s: «%s» is the same name as «%s» and is now called «%s»', table, pk, name, kept, renamed)


def downgrade() -> None:
    op.drop_column('employment', 'start_known')
    op.drop_index('ix_former_name_words', table_name='former_name')
    op.drop_index('uq_certificate_check_code_small', table_name='certificate')
    op.drop_index('ix_certificate_number_code', table_name='certificate')
    op.drop_index('uq_organization_name', table_name='organization')
    op.drop_column('organization', 'name_key')
    for table, column, _label, _order in reversed(DIRECTORIES):
        op.drop_column(table, f'{column}_key')
        op.create_unique_constraint(f'uq_{table}_{column}', table, [column])
