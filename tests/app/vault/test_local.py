import os
import shutil
import stat

import pyarrow as pa
import pytest

from app.vault.errors import (
    ObjectExists,
    ObjectIdRefused,
    ObjectMissing,
    ObjectUnreadable,
    VaultError,
)
from app.vault.local import LocalVault
from tests.support.keys import Keys

KEY = bytes(range(32))
SCHEMA = pa.schema([("person", pa.string()), ("paid", pa.int64())])
NEEDLE = "a name nobody else has"
ID = "0a1b2c3d-0000-4000-8000-000000000000"
OTHER_ID = "0a1b2c3d-0000-4000-8000-000000000001"


@pytest.fixture
def ring():
    return Keys()


@pytest.fixture
def vault(tmp_path, ring):
    return LocalVault(tmp_path / "vault", KEY, ring)


def batch(rows=3):
    return pa.record_batch([[NEEDLE] * rows, list(range(rows))], schema=SCHEMA)


def fill(vault, object_id=ID, batches=2):
    with vault.write(object_id, SCHEMA) as writer:
        for _ in range(batches):
            writer.write_batch(batch())


def test_gives_back_what_was_written(vault):
    fill(vault)
    assert vault.exists(ID)
    assert vault.schema(ID) == SCHEMA
    table = pa.Table.from_batches(vault.batches(ID))
    assert table.column("paid").to_pylist() == [0, 1, 2, 0, 1, 2]


def test_holds_an_object_without_rows(vault):
    fill(vault, batches=0)
    assert pa.Table.from_batches(vault.batches(ID), SCHEMA).num_rows == 0


def test_keeps_no_plain_text_on_the_disk(vault, tmp_path):
    fill(vault)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    for path in files:
        content = path.read_bytes()
        assert NEEDLE.encode() not in content
        assert b"person" not in content, "column names are rows' business too"
        assert KEY not in content


def test_opens_to_this_user_alone(vault, tmp_path):
    fill(vault)
    for path in [tmp_path / "vault", *(tmp_path / "vault").rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_another_master_key_opens_nothing(vault, tmp_path, ring):
    fill(vault)
    with pytest.raises(ObjectUnreadable):
        next(LocalVault(tmp_path / "vault", bytes(32), ring).batches(ID))


def test_a_copy_of_the_folder_opens_nothing_even_with_the_master_key(vault, tmp_path):
    fill(vault)
    shutil.copytree(tmp_path / "vault", tmp_path / "copy")
    vault.erase(ID)
    copy = LocalVault(tmp_path / "copy", KEY, Keys())
    assert not copy.exists(ID)
    with pytest.raises(ObjectMissing):
        next(copy.batches(ID))


def test_a_key_that_lies_beside_its_rows_opens_them_and_is_moved_by_the_next_sweep(
    vault, tmp_path, ring
):
    fill(vault)
    beside = tmp_path / "vault" / ID / "key"
    beside.write_bytes(ring.pop(ID))
    assert vault.exists(ID)
    assert pa.Table.from_batches(vault.batches(ID)).num_rows == 6
    vault.sweep()
    assert not beside.exists()
    assert list(ring) == [ID]
    assert pa.Table.from_batches(vault.batches(ID)).num_rows == 6


def test_rows_whose_key_is_gone_stay_noise(vault, ring):
    fill(vault)
    ring.forget(ID)
    assert not vault.exists(ID)
    vault.sweep()
    with pytest.raises(ObjectMissing):
        next(vault.batches(ID))


def test_an_object_moved_under_another_name_does_not_open(vault, tmp_path, ring):
    fill(vault)
    fill(vault, OTHER_ID)
    root = tmp_path / "vault"
    (root / OTHER_ID / "rows.parquet").write_bytes((root / ID / "rows.parquet").read_bytes())
    ring[OTHER_ID] = ring[ID]
    with pytest.raises(ObjectUnreadable):
        next(vault.batches(OTHER_ID))


@pytest.mark.parametrize("place", [20, -40])
def test_a_damaged_object_does_not_open(vault, tmp_path, place):
    fill(vault)
    path = tmp_path / "vault" / ID / "rows.parquet"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ObjectUnreadable):
        list(vault.batches(ID))


def test_erases_rows_and_key_and_does_so_twice(vault, tmp_path):
    fill(vault)
    fill(vault, OTHER_ID)
    vault.erase(ID)
    vault.erase(ID)
    assert not vault.exists(ID)
    assert vault.exists(OTHER_ID)
    with pytest.raises(ObjectMissing):
        next(vault.batches(ID))
    assert [path.name for path in (tmp_path / "vault").iterdir()] == [OTHER_ID]


def test_an_error_while_writing_leaves_nothing(vault, tmp_path):
    def interrupted():
        with vault.write(ID, SCHEMA) as writer:
            writer.write_batch(batch())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not vault.exists(ID)
    assert list((tmp_path / "vault").iterdir()) == []


def test_nothing_is_there_until_all_is_written(vault):
    with vault.write(ID, SCHEMA) as writer:
        writer.write_batch(batch())
        assert not vault.exists(ID)
    assert vault.exists(ID)


def test_a_writer_that_died_leaves_nothing_to_read_and_is_swept(vault, tmp_path):
    """A child is killed in the middle of writing."""
    child = os.fork()
    if child == 0:
        with vault.write(ID, SCHEMA) as writer:
            writer.write_batch(batch())
            os._exit(9)
    os.waitpid(child, 0)
    root = tmp_path / "vault"
    assert not vault.exists(ID)
    (left,) = root.iterdir()
    vault.sweep()
    assert left.exists(), "it may still be at work"
    os.utime(left, (0, 0))
    vault.sweep()
    assert list(root.iterdir()) == []


def test_an_erasure_cut_short_is_finished(vault, tmp_path):
    fill(vault)
    root = tmp_path / "vault"
    (root / ID).rename(root / ".erasing-0")
    vault.sweep()
    assert list(root.iterdir()) == []


def test_objects_never_change(vault):
    fill(vault)
    with pytest.raises(ObjectExists), vault.write(ID, SCHEMA):
        pass


def test_the_slower_of_two_writers_is_refused(vault):
    def slow():
        with vault.write(ID, SCHEMA) as writer:
            fill(vault)
            writer.write_batch(batch())

    with pytest.raises(ObjectExists):
        slow()
    assert pa.Table.from_batches(vault.batches(ID)).num_rows == 6


@pytest.mark.parametrize(
    "object_id", ["", "..", "../../etc/passwd", "A1B2C3D4", "0a1b2c3d/x", "0a1b2c3d\n", "-" * 9]
)
def test_refuses_other_names(vault, object_id):
    for call in (vault.exists, vault.erase, vault.schema):
        with pytest.raises(ObjectIdRefused):
            call(object_id)


def test_refuses_short_master_keys(tmp_path):
    with pytest.raises(VaultError):
        LocalVault(tmp_path, b"short", Keys())


def test_two_objects_never_share_a_key(vault, ring):
    fill(vault)
    fill(vault, OTHER_ID)
    assert len(set(ring.values())) == 2
