"""The nightly work keeps on which day each of its parts was done; a typical refusal names no period of its own.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


_CODE = "voucher_too_early"
_BEFORE = (
    "С выдачи предыдущего Именного образовательного чека ещё не прошло три года. Подайте заявление после даты, указанной в "
    "личном кабинете."
)
_AFTER = (
    "Период, на который выдан предыдущий Именной образовательный чек, ещё не прошёл. Подайте заявление с даты, указанной в "
    "личном кабинете."
)


def _reword(before: str, after: str) -> None:
    """The period is the rule's, which the operator may change; words changed by hand stay."""
    statement = sa.text("UPDATE refusal_reason SET text = :after WHERE code = :code AND text = :before")
    op.execute(statement.bindparams(after=after, code=_CODE, before=before))


def upgrade() -> None:
    _reword(_BEFORE, _AFTER)
    op.create_table(
        'daily_work',
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('done_on', sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_daily_work')),
    )


def downgrade() -> None:
    _reword(_AFTER, _BEFORE)
    op.drop_table('daily_work')
