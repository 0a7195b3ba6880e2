"""The index of who works where answers «works today» alone, too.

Revision ID: 0031
Revises: 0030
"""

from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

NAME = 'ix_employment_organization'


def _make(beside: list[str]) -> None:
    op.drop_index(NAME, table_name='employment')
    op.create_index(NAME, 'employment', ['organization_id', 'employee_id'], postgresql_include=beside)


def upgrade() -> None:
    _make(['started_on', 'ended_on'])


def downgrade() -> None:
    _make(['ended_on'])
