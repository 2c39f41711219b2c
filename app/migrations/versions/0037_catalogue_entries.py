"""what lists show of each edition on sale, and what it is found by

Revision ID: 0037
Revises: 0036
"""

import datetime
import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
#: FTS5 keeps nothing but the index; the texts stay in the entries.
SQLITE = (
    "CREATE VIRTUAL TABLE catalogue_words USING fts5(stems, content='catalogue_entry',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 0', detail='none')",
    "CREATE TRIGGER catalogue_words_insert AFTER INSERT ON catalogue_entry BEGIN"
    " INSERT INTO catalogue_words (rowid, stems) VALUES (new.id, new.stems); END",
    "CREATE TRIGGER catalogue_words_delete AFTER DELETE ON catalogue_entry BEGIN"
    " INSERT INTO catalogue_words (catalogue_words, rowid, stems)"
    " VALUES ('delete', old.id, old.stems); END",
    "CREATE TRIGGER catalogue_words_update AFTER UPDATE OF stems ON catalogue_entry BEGIN"
    " INSERT INTO catalogue_words (catalogue_words, rowid, stems)"
    " VALUES ('delete', old.id, old.stems);"
    " INSERT INTO catalogue_words (rowid, stems) VALUES (new.id, new.stems); END",
)
#: The stems are words already: no parser of the database's looks at them.
POSTGRESQL = (
    "ALTER TABLE catalogue_entry ADD COLUMN words tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(stems, ' '))) STORED",
    "CREATE INDEX ix_catalogue_entry_words ON catalogue_entry USING gin (words)",
)
FRONTS = {
    "collection": ("purpose", "collection_id", "entry_id"),
    "newest": ("purpose", "newer", "entry_id"),
    "people": ("purpose", "newer", "people", "entry_id"),
    "price": ("purpose", "newer", "price_micros", "entry_id"),
    "topic": ("purpose", "newer", "topic", "entry_id"),
    "topic_people": ("purpose", "newer", "topic", "people", "entry_id"),
    "topic_price": ("purpose", "newer", "topic", "price_micros", "entry_id"),
}


def upgrade() -> None:
    _entries()
    _fronts()
    op.create_table(
        "catalogue_column",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_catalogue_column_collection_id_collection"),
        ),
        sa.PrimaryKeyConstraint("digest", "collection_id", name=op.f("pk_catalogue_column")),
    )
    op.create_table(
        "wish",
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("words", name=op.f("pk_wish")),
    )
    for statement in POSTGRESQL if _is_postgresql() else SQLITE:
        op.execute(statement)
    _list_what_is_published()


def downgrade() -> None:
    if not _is_postgresql():
        op.execute("DROP TABLE catalogue_words")
    for name in ("wish", "catalogue_column", "catalogue_count", "catalogue_front"):
        op.drop_table(name)
    op.drop_table("catalogue_entry")


def _is_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def _entries() -> None:
    op.create_table(
        "catalogue_entry",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.String(length=32), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("purposes", sa.String(length=200), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("tables", sa.Integer(), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("priced_as", sa.String(length=64), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("title_en", "title_fr", "about_en", "about_fr")
        ),
        sa.Column("person", sa.String(length=60), nullable=False),
        sa.Column("stems", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_catalogue_entry_edition_id_edition")
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_catalogue_entry_collection_id_collection"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_entry")),
        sa.UniqueConstraint("edition_id", name=op.f("uq_catalogue_entry_edition_id")),
    )
    op.create_index(
        op.f("ix_catalogue_entry_collection_id_id"), "catalogue_entry", ["collection_id", "id"]
    )


def _fronts() -> None:
    op.create_table(
        "catalogue_front",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("newer", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["catalogue_entry.id"],
            name=op.f("fk_catalogue_front_entry_id_catalogue_entry"),
        ),
        sa.PrimaryKeyConstraint("entry_id", "purpose", name=op.f("pk_catalogue_front")),
    )
    for name, columns in FRONTS.items():
        op.create_index(f"ix_catalogue_front_{name}", "catalogue_front", list(columns))
    op.create_table(
        "catalogue_count",
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("collections", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "topic", "step", name=op.f("pk_catalogue_count")),
    )


def _list_what_is_published() -> None:
    """Have the worker write the entries of what was published before there were any."""
    connection = op.get_bind()
    found = "SELECT count(*) FROM edition WHERE catalogue_number IS NOT NULL"
    if not connection.scalar(sa.text(found)):
        return
    now = datetime.datetime.now(datetime.UTC)
    moment = now if _is_postgresql() else now.replace(tzinfo=None)
    text = ("id", "kind", "key", "payload", "state", "attempts", "progress", "message")
    job = sa.table(
        "job",
        *(sa.column(name) for name in text),
        *(sa.column(name, MOMENT) for name in ("run_at", "created_at")),
    )
    op.bulk_insert(
        job,
        [
            {
                "id": uuid.uuid4().hex,
                "kind": "list-editions",
                "key": "list-editions:first",
                "payload": json.dumps({"run": "first"}),
                "state": "queued",
                "attempts": 0,
                "progress": 0,
                "message": "",
                "run_at": moment,
                "created_at": moment,
            }
        ],
    )
