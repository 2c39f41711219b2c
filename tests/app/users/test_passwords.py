from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.market import market_of
from app.users.models import User
from app.users.passwords import CHEAP, COSTLY
from tests.app.core.test_config import SAFE
from tests.conftest import environment
from tests.support import factories

#: The second recommendation of RFC 9106: argon2id, 64 MiB, three passes, four lanes.
REAL = "$argon2id$v=19$m=65536,t=3,p=4$"


def kept(app: Flask) -> str:
    """What is stored of the password of a new account."""
    user = factories.account(app)
    with market_of(app).db.unit_of_work(write=False) as s:
        return s.get_one(User, user.user_id).password_hash


@pytest.mark.parametrize("kind", ["development", "production"])
def test_outside_tests_a_guess_costs_64_mebibytes_and_three_passes(
    lite_app: Flask, new_database, tmp_path: Path, kind: str
) -> None:
    settings = environment(tmp_path / kind, new_database("sqlite"))
    more = {"MOISSON_ENV": kind, "MOISSON_RATE_LIMITS": "on"}
    # Nobody listens there: the letter is kept in a file.
    safe = {**SAFE, "MOISSON_MAIL_URL": "smtp://127.0.0.1:9"} if kind == "production" else {}
    live = {**settings, **safe, **more}
    app = create_app(live)
    try:
        with app.app_context():
            assert kept(app).startswith(REAL)
    finally:
        market_of(app).db.dispose()


def test_only_tests_pay_less(lite_app: Flask) -> None:
    assert not kept(lite_app).startswith(REAL)
    assert CHEAP.nobody.startswith("$argon2id$")


def test_a_password_kept_at_another_cost_fits_and_is_outdated() -> None:
    stored = CHEAP.keep(factories.PASSWORD)
    assert COSTLY.fits(stored, factories.PASSWORD)
    assert COSTLY.outdated(stored)
    assert not CHEAP.outdated(stored)


def test_nothing_fits_where_there_is_no_account() -> None:
    assert not COSTLY.fits(None, "nobody has this password")
    assert not COSTLY.fits(CHEAP.keep(factories.PASSWORD), "another one")
