import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, update

from app.collections import queries as collections
from app.collections import service as collections_service
from app.collections.errors import BadRules
from app.collections.rules import CollectionRules, Identifier, Purpose
from app.consent import service as consent
from app.core import audit
from app.core.batches import batched
from app.core.clock import now
from app.core.db import Database, checkpoint, new_id, session
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Role, require, require_owner
from app.datasets import offering, people, queries, receiving
from app.datasets.errors import BadFile, NoRoom
from app.datasets.ingest.conforming import conform
from app.datasets.ingest.encodings import Opened
from app.datasets.ingest.errors import SeveralTables, UploadError, UploadErrors
from app.datasets.ingest.mapping import ColumnMapping
from app.datasets.ingest.profiling import ColumnProfile, profile
from app.datasets.ingest.reading import Limits
from app.datasets.ingest.tables import read_table
from app.datasets.models import Dataset
from app.datasets.problems import problem_of, problem_text
from app.datasets.states import DatasetEvent, DatasetState, next_state
from app.datasets.understanding import Answers, mapping_of, schema_of
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.market import Market
from app.users import service as users
from app.vault.interface import Vault
from app.vault.opening import open_vault
from privacy.schema import CubeSchema

JOB = "check-dataset"
#: So many rows are named in one statement.
AT_ONCE = 500
READ = "read-file"
SCRUB = "scrub"
PROFILE_SCHEMA = pa.schema([("profile", pa.string())])


@dataclass(frozen=True)
class Checking:
    """What a check needs from outside."""

    db: Database
    vault: Vault
    limits: Limits
    account_bytes: int = 4_000_000_000


def checking(market: Market) -> Checking:
    """Return what a check needs, from a market's settings."""
    settings = market.settings
    return Checking(
        market.db,
        open_vault(settings, market.db),
        Limits(size=settings.upload_bytes),
        settings.account_bytes,
    )


def upload(
    actor: Actor,
    doors: Checking,
    stream: BinaryIO,
    title: str,
    collection_id: str | None = None,
) -> str:
    """Take a file: a small one is read at once, a large one by the worker.

    Returns
    -------
    str
        The dataset's identifier.

    Raises
    ------
    Forbidden
    NoRoom
        Where another file of the account is being read, or its room is used up.
    BadFile
        Naming the row, the column and the remedy.
    """
    require(actor, Role.PRODUCER)
    joined = collection_id and collections.seen_by(actor.user_id, collection_id)
    if joined and joined.template:
        # Here each speaks for themselves: a file would bring as many as its writer likes.
        raise Conflict(_l("This is given by each person alone, from “My data”."))
    if joined and not joined.open:
        raise Conflict(_l("This collection takes no more datasets."))
    receiving.refuse_more(actor.user_id, doors.account_bytes)
    # Taking it in may take minutes: nothing is locked meanwhile.
    checkpoint()
    try:
        taken = _take(doors, stream)
    except UploadError as error:
        raise BadFile(problem_text(problem_of(error))) from None
    dataset = Dataset(
        id=new_id(),
        producer_id=actor.user_id,
        collection_id=collection_id,
        title=title.strip(),
        state=taken.state,
        joining=collection_id is not None,
        upload_object=taken.upload_object,
        profile_object=taken.profile_object,
        row_count=taken.rows,
        file_bytes=taken.size,
    )
    try:
        # Asked again: another file may have come in meanwhile, or the account was erased.
        users.hold_open(actor.user_id)
        receiving.refuse_more(actor.user_id, doors.account_bytes)
    except (NoRoom, NotFound):
        for object_id in (taken.upload_object, taken.profile_object):
            if object_id:
                doors.vault.erase(object_id)
        # The refusal takes back what its request wrote, but not this.
        checkpoint()
        raise
    session().add(dataset)
    session().flush()
    if dataset.state == DatasetState.READING:
        jobs.enqueue(READ, f"{READ}:{dataset.id}:", {"dataset": dataset.id})
    audit.record(actor.user_id, "upload", "dataset", dataset.id)
    return dataset.id


@dataclass(frozen=True)
class _Taken:
    """What a file left in the vault: its rows and what was understood, or its bytes alone.

    Where several tables are in it, their names are what was understood.
    """

    upload_object: str
    profile_object: str | None
    rows: int
    size: int
    state: DatasetState


def _take(doors: Checking, stream: BinaryIO) -> _Taken:
    begun = receiving.beginning(stream)
    names: tuple[str, ...] = ()
    if receiving.is_small(begun):
        try:
            return _read(doors, lambda: io.BytesIO(begun), len(begun))
        except SeveralTables as several:
            names = several.names
    receiving.check_beginning(begun, doors.limits)
    object_id = new_id()
    size = receiving.seal(doors.vault, object_id, begun, stream, doors.limits)
    if not names:
        return _Taken(object_id, None, 0, size, DatasetState.READING)
    return _Taken(object_id, _keep_names(doors.vault, names), 0, size, DatasetState.CHOOSING)


def _read(doors: Checking, opened: Opened, size: int, chosen: int | None = None) -> _Taken:
    """Read a file into the vault as text and note what can be understood of its columns."""
    rows_object, profile_object = new_id(), new_id()
    try:
        count = _store(doors, rows_object, read_table(opened, doors.limits, chosen))
        understood = profile(doors.vault.batches(rows_object))
    except (UploadError, SeveralTables):
        doors.vault.erase(rows_object)
        raise
    _write_texts(doors.vault, profile_object, [json.dumps(each.to_dict()) for each in understood])
    return _Taken(rows_object, profile_object, count, size, DatasetState.UPLOADED)


def _keep_names(vault: Vault, names: tuple[str, ...]) -> str:
    object_id = new_id()
    _write_texts(vault, object_id, list(names))
    return object_id


def read(doors: Checking, dataset_id: str, chosen: int | None = None) -> None:
    """Read a file that was sealed as it came: its rows take its place, or what is wrong with it.

    Where several tables are in it and none was chosen, it stays sealed until its owner has.
    """
    with doors.db.unit_of_work(write=False):
        row = session().get(Dataset, dataset_id)
        if row is None or row.state != DatasetState.READING or row.upload_object is None:
            return
        sealed, size = row.upload_object, row.file_bytes
    taken, problems, event = None, [], DatasetEvent.READ
    try:
        taken = _read(doors, lambda: receiving.unsealed(doors.vault, sealed), size, chosen)
    except SeveralTables as several:
        names = _keep_names(doors.vault, several.names)
        taken, event = _Taken(sealed, names, 0, size, DatasetState.CHOOSING), DatasetEvent.ASK
    except UploadError as error:
        problems, event = [problem_of(error)], DatasetEvent.REFUSE
    with doors.db.unit_of_work():
        row = session().get_one(Dataset, dataset_id, with_for_update=True)
        if row.state != DatasetState.READING:
            # Erased meanwhile, or read by another worker.
            for object_id in (taken.upload_object, taken.profile_object) if taken else ():
                if object_id and object_id != sealed:
                    doors.vault.erase(object_id)
            return
        row.state, row.problems = next_state(DatasetState(row.state), event), json.dumps(problems)
        row.upload_object = taken.upload_object if taken else None
        row.profile_object = taken.profile_object if taken else None
        row.row_count = taken.rows if taken else 0
        row.file_bytes = size if taken else 0
        if event is not DatasetEvent.ASK:
            doors.vault.erase(sealed)


def tables_of(actor: Actor, doors: Checking, dataset_id: str) -> tuple[str, ...]:
    """Return the names of the tables in one's own file, of which one is to be chosen."""
    view = queries.dataset(actor, dataset_id)
    if view.state is not DatasetState.CHOOSING or view.profile_object is None:
        return ()
    return tuple(_texts(doors.vault, view.profile_object))


def choose_table(actor: Actor, doors: Checking, dataset_id: str, chosen: int) -> None:
    """Have one of several tables of a file read.

    Raises
    ------
    Conflict
        Where nothing is to be chosen, or there is no such table.
    """
    names = tables_of(actor, doors, dataset_id)
    row = _own(actor, dataset_id)
    row.state = next_state(DatasetState(row.state), DatasetEvent.CHOOSE)
    if not 0 <= chosen < len(names):
        raise Conflict(_l("Choose one of the tables of the file."))
    doors.vault.erase(row.profile_object or "")
    row.profile_object = None
    jobs.enqueue(READ, f"{READ}:{row.id}:{new_id()}", {"dataset": row.id, "table": chosen})


def understood(actor: Actor, doors: Checking, dataset_id: str) -> tuple[ColumnProfile, ...]:
    """Return what was understood of one's own file."""
    view = queries.dataset(actor, dataset_id)
    if view.profile_object is None or view.state is DatasetState.CHOOSING:
        raise Conflict(_l("The rows of this dataset are not here."))
    texts = _texts(doors.vault, view.profile_object)
    return tuple(ColumnProfile.from_dict(json.loads(text)) for text in texts)


def answer(actor: Actor, doors: Checking, dataset_id: str, answers: Answers) -> None:
    """Keep what the owner answered, as typed, and have the whole file checked against it.

    Raises
    ------
    BadRules
        When the answers do not make a schema; `keep_answers` keeps them all the same.
    PeopleNotSure
        When the owner has to say first that a column tells people apart.
    """
    # What was understood is read and judged before the dataset is locked.
    people.check(understood(actor, doors, dataset_id), answers.person, answers.sure)
    row = _own(actor, dataset_id)
    if row.joining and row.collection_id:
        people.check_identifier(collections.rules(row.collection_id), answers.person)
    state = next_state(DatasetState(row.state), DatasetEvent.CHECK)
    schema, _mapping = _schema_and_mapping(answers, row.collection_id if row.joining else None)
    if row.collection_id and schema != collections.rules(row.collection_id).schema:
        raise BadRules(
            _l(
                "The rules of the collection are set: keep its columns, categories and bounds as "
                "they are. For other ones, upload the file again."
            )
        )
    offering.check_promise(row.found_for, answers.person)
    row.answers, row.problems, row.offered = json.dumps(answers.to_dict()), "[]", "{}"
    row.state, row.everyone_is_me = state, not answers.person
    # A new key each time: the same answers may be checked again after a correction.
    jobs.enqueue(JOB, f"{JOB}:{row.id}:{new_id()}", {"dataset": row.id})


def turn_to(actor: Actor, dataset_id: str, collection_id: str | None) -> None:
    """Have an uploaded file join a collection, or begin one of its own.

    Raises
    ------
    NotFound, Conflict
    """
    joined = collections.seen_by(actor.user_id, collection_id) if collection_id else None
    if joined and (joined.template or not joined.open):
        raise Conflict(_l("This collection takes no more datasets."))
    row = _own(actor, dataset_id)
    if row.collection_id == collection_id:
        return
    asking = row.state in (DatasetState.UPLOADED, DatasetState.CHECKED)
    if not asking or (row.collection_id and not row.joining):
        raise Conflict(_l("This cannot be changed any more. Upload the file again."))
    row.collection_id, row.joining = collection_id, collection_id is not None


def keep_answers(actor: Actor, dataset_id: str, answers: Answers) -> None:
    """Keep what was typed although it could not be accepted.

    Rows that were checked against other answers are not what the owner says now.
    """
    row = _own(actor, dataset_id)
    typed = json.dumps(answers.to_dict())
    if row.state == DatasetState.CHECKED and row.answers != typed:
        row.state = next_state(DatasetState.CHECKED, DatasetEvent.REVISE)
    row.answers, row.offered = typed, "{}"


def check(doors: Checking, dataset_id: str, progress: Callable[[int], None]) -> None:
    """Conform every row to the schema and write the result to the vault, or note the problems."""
    with doors.db.unit_of_work(write=False):
        row = session().get_one(Dataset, dataset_id)
        if row.state != DatasetState.CHECKING or row.upload_object is None:
            return
        answered = row.answers
        answers = Answers.from_dict(json.loads(answered))
        joining, collection_id = row.joining, row.collection_id
        upload_object, old_rows = row.upload_object, row.rows_object
        schema, mapping = _schema_and_mapping(answers, collection_id if joining else None)
        by_email = bool(collection_id and answers.person) and _is_by_email(collection_id or "")
        total = max(1, row.row_count)
    rows_object, problems, count = new_id(), [], 0
    in_other: Counter[str] = Counter()
    try:
        conformed = conform(doors.vault.batches(upload_object), schema, mapping)
        if by_email:
            conformed = people.named_by_email(conformed, answers.person)
        batches = _watching_other(conformed, schema, in_other)
        count = _store(doors, rows_object, _counted(batches, total, progress))
    except UploadErrors as found:
        problems = [problem_of(error) for error in found.errors]
    with doors.db.unit_of_work():
        row = session().get_one(Dataset, dataset_id)
        event = DatasetEvent.FAIL if problems else DatasetEvent.PASS
        if row.state != DatasetState.CHECKING or row.answers != answered:
            # Answered anew meanwhile: these rows are not what the owner says now.
            doors.vault.erase(rows_object)
            return
        row.state, row.problems = next_state(DatasetState(row.state), event), json.dumps(problems)
        if not problems:
            row.rows_object, row.row_count = rows_object, count
            row.in_other = json.dumps(in_other)
    if old_rows and not problems:
        doors.vault.erase(old_rows)


def found_collection(actor: Actor, dataset_id: str, proposal: collections_service.Proposal) -> str:
    """Publish the rules of the collection this dataset begins.

    Raises
    ------
    BadRules, Conflict
    """
    checkpoint()
    collections_service.prepare(proposal)
    row = _own(actor, dataset_id)
    if row.collection_id is not None or row.state != DatasetState.CHECKED:
        raise Conflict(_l("Check the columns first."))
    person = Answers.from_dict(json.loads(row.answers)).person
    if proposal.identifier is Identifier.CODE and not person:
        raise BadRules(people.NO_CODE)
    row.collection_id = collections_service.found(actor, proposal)
    if proposal.identifier is Identifier.EMAIL and person:
        # What the rows name people by was not asked when they were checked.
        row.state = next_state(DatasetState(row.state), DatasetEvent.CHECK)
        jobs.enqueue(JOB, f"{JOB}:{row.id}:{new_id()}", {"dataset": row.id})
    return row.collection_id


def _is_by_email(collection_id: str) -> bool:
    return collections.rules(collection_id).identifier is Identifier.EMAIL


def publish(actor: Actor, doors: Checking, dataset_id: str, wanted: frozenset[Purpose]) -> None:
    """List a checked dataset for its collection's next edition, with consent per purpose.

    Raises
    ------
    Conflict
        When it has no collection yet, or no purpose of the collection was agreed to.
    """
    row = _own(actor, dataset_id)
    if row.collection_id is None:
        raise Conflict(_l("Choose or found a collection first."))
    rules = collections.rules(row.collection_id)
    if not rules.open:
        raise Conflict(_l("This collection takes no more datasets."))
    agreed = rules.level(wanted)
    if not agreed:
        raise Conflict(_nothing_agreed(rules))
    row.state = next_state(DatasetState(row.state), DatasetEvent.PUBLISH)
    row.purposes, row.listed_at = " ".join(sorted(agreed)), now()
    collections_service.make_public(actor, row.collection_id)
    # Leaving a purpose out here is about this dataset: it takes no earlier consent back.
    consent.agree(actor, wanted)
    audit.record(actor.user_id, "list-dataset", "dataset", row.id)
    # What was uploaded is no longer needed: only the columns of the schema stay.
    for object_id in (row.upload_object, row.profile_object):
        if object_id:
            doors.vault.erase(object_id)
    row.upload_object = row.profile_object = None
    answers = Answers.from_dict(json.loads(row.answers)).without_aliases()
    row.answers = json.dumps(answers.to_dict())


def _nothing_agreed(rules: CollectionRules) -> Any:
    if len(rules.levels[0]) > 1:
        return _l(
            "The tables of this collection are sold for all of these purposes together. Agree to "
            "all of them, or leave the dataset unlisted."
        )
    return _l(
        "Agree at least to the first purpose, or leave the dataset unlisted: tables are sold for "
        "the first alone, or for the next ones as well."
    )


def unlist(actor: Actor, dataset_id: str) -> None:
    """Take a dataset back before its edition closes."""
    row = _own(actor, dataset_id)
    if row.period:
        raise Conflict(_l("Skip or stop this under “My data”."))
    row.state = next_state(DatasetState(row.state), DatasetEvent.UNLIST)
    row.listed_at = None
    audit.record(actor.user_id, "unlist-dataset", "dataset", row.id)


def erase(actor: Actor, doors: Checking, dataset_id: str) -> None:
    """Erase the rows and their keys at once; published releases stay as they are."""
    row = _own(actor, dataset_id)
    row.state = next_state(DatasetState(row.state), DatasetEvent.ERASE)
    for object_id in (row.upload_object, row.profile_object, row.rows_object):
        if object_id:
            doors.vault.erase(object_id)
    row.upload_object = row.profile_object = row.rows_object = None
    row.answers, row.problems, row.offered, row.in_other = "{}", "[]", "{}", "{}"
    row.row_count = row.file_bytes = 0
    row.erased_at = now()
    audit.record(actor.user_id, "erase-dataset", "dataset", row.id)
    jobs.enqueue(SCRUB, f"{SCRUB}:{row.id}", {})
    _leave_with_the_last(actor, row.collection_id)


def erase_named(doors: Checking, object_ids: Collection[str]) -> None:
    """Erase the datasets that name one of some objects: in a database that was restored."""
    columns = (Dataset.upload_object, Dataset.profile_object, Dataset.rows_object)
    chosen = select(Dataset).where(
        or_(*(column.in_(object_ids) for column in columns)),
        Dataset.period == "",
        Dataset.state != DatasetState.ERASED,
    )
    for row in session().scalars(chosen).all():
        erase(Actor(row.producer_id, frozenset()), doors, row.id)


def forget_titles(actor: Actor) -> None:
    """Take the words that an owner gave their datasets away, with their account."""
    session().execute(
        update(Dataset).where(Dataset.producer_id == actor.user_id).values(title="", answers="{}")
    )
    jobs.enqueue(SCRUB, f"{SCRUB}:{actor.user_id}", {})


def leave_collection(actor: Actor, collection_id: str) -> None:
    """Take a founder's name off a collection; what waits in it, of anybody, is not listed any more.

    Raises
    ------
    NotFound
        For anybody but its founder.
    """
    collections_service.leave(actor, collection_id)
    chosen = select(Dataset).where(
        Dataset.collection_id == collection_id, Dataset.state == DatasetState.LISTED
    )
    for row in session().scalars(chosen.with_for_update()):
        row.state, row.listed_at = next_state(DatasetState.LISTED, DatasetEvent.UNLIST), None


def _leave_with_the_last(actor: Actor, collection_id: str | None) -> None:
    """Withdraw a collection whose founder has nothing left in it, if no edition was released."""
    if collection_id is None:
        return
    rules = collections.rules(collection_id)
    left = select(Dataset.id).where(
        Dataset.collection_id == collection_id,
        Dataset.producer_id == actor.user_id,
        Dataset.state != DatasetState.ERASED,
    )
    if rules.owner_id != actor.user_id or rules.withdrawn or rules.released:
        return
    if session().scalars(left.limit(1)).first() is None:
        leave_collection(actor, collection_id)


def rows_of(actor: Actor, doors: Checking, dataset_id: str) -> Iterator[pa.RecordBatch]:
    """Yield one's own rows, for access and portability: nobody else can call this."""
    row = _own(actor, dataset_id)
    if row.rows_object:
        yield from doors.vault.batches(row.rows_object)


def mark_measured(dataset_ids: Sequence[str]) -> frozenset[str]:
    """Note that datasets go into an edition; return those that still wait for one.

    Each is measured once: what its owner took back meanwhile is not among them.
    """
    measured = next_state(DatasetState.LISTED, DatasetEvent.MEASURE)
    marked: set[str] = set()
    for some in batched(dataset_ids, AT_ONCE):
        here = (Dataset.id.in_(some), Dataset.state == DatasetState.LISTED)
        chosen = update(Dataset).where(*here).values(state=measured).returning(Dataset.id)
        marked.update(session().scalars(chosen))
    return frozenset(marked)


def relist(actor: Actor, dataset_id: str) -> None:
    """Put a dataset that was left out of an edition back in the line, if it is still there.

    Its owner may have erased it meanwhile; where the founder left, nothing waits any more.
    """
    row = _own(actor, dataset_id)
    if row.state != DatasetState.MEASURED:
        return
    row.state = next_state(DatasetState.MEASURED, DatasetEvent.RELIST)
    if row.collection_id and collections.rules(row.collection_id).withdrawn:
        row.state, row.listed_at = next_state(DatasetState.LISTED, DatasetEvent.UNLIST), None


def install_worker(handlers: Handlers, doors: Checking) -> None:
    """Tell the worker how a dataset is checked."""

    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        check(doors, payload["dataset"], progress)

    def run_reading(payload: dict[str, Any], _progress: Callable[[int], None]) -> None:
        read(doors, payload["dataset"], payload.get("table"))

    handlers.add(READ, run_reading)
    handlers.add(JOB, run)
    handlers.add(SCRUB, lambda _payload, _progress: doors.db.scrub(), attempts=20)


def _own(actor: Actor, dataset_id: str) -> Dataset:
    row = (
        session()
        .scalars(select(Dataset).where(Dataset.id == dataset_id).with_for_update())
        .one_or_none()
    )
    require_owner(actor, row.producer_id if row else "nobody")
    if row is None:
        raise Conflict(_l("This dataset is gone."))
    return row


def _schema_and_mapping(
    answers: Answers, collection_id: str | None
) -> tuple[CubeSchema, ColumnMapping]:
    if collection_id is None:
        schema, rules, feeds = schema_of(answers)
        return schema, mapping_of(answers, rules, feeds, schema)
    public = collections.rules(collection_id)
    feeds = {c.name: c.column for c in answers.columns if c.column}
    return public.schema, mapping_of(answers, public.columns, feeds, public.schema)


def _store(doors: Checking, object_id: str, batches: Iterator[pa.RecordBatch]) -> int:
    first = next(batches)
    count = int(first.num_rows)
    with doors.vault.write(object_id, first.schema) as writer:
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)
            count += int(batch.num_rows)
    return count


def _counted(
    batches: Iterator[pa.RecordBatch], total: int, progress: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    done, told = 0, 0
    for batch in batches:
        yield batch
        done += batch.num_rows
        percent = 95 * done // total
        if percent >= told + 5:
            told = percent
            progress(percent)


def _watching_other(
    batches: Iterator[pa.RecordBatch], schema: CubeSchema, in_other: Counter[str]
) -> Iterator[pa.RecordBatch]:
    """Count how many rows of each column fall into "other": for their owner alone."""
    watched = {d.name: d.other for d in schema.dimensions if d.other is not None}
    for batch in batches:
        for name, other in watched.items():
            found = pc.sum(pc.equal(batch.column(name), other)).as_py()
            if found:
                in_other[name] += found
        yield batch


def _write_texts(vault: Vault, object_id: str, texts: list[str]) -> None:
    with vault.write(object_id, PROFILE_SCHEMA) as writer:
        writer.write_batch(pa.record_batch([pa.array(texts)], schema=PROFILE_SCHEMA))


def _texts(vault: Vault, object_id: str) -> Iterator[str]:
    for batch in vault.batches(object_id):
        yield from batch.column(0).to_pylist()
