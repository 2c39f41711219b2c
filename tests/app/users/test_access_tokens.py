"""Tokens: shown once, found out when mistyped, ended at once, and never more than their owner."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import fixed_at, now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Role
from app.market import market_of
from app.users import access_token_text as text
from app.users import access_tokens, service
from app.users.access_tokens import Scope
from tests.support import factories
from tests.support.at_once import at_once

TABLES = frozenset({Scope.TABLES})


def test_every_token_is_another_and_has_the_form_that_scanners_know():
    drawn = {text.drawn() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch(text.PATTERN, one) and text.is_one(one) for one in drawn)


@given(st.integers(0, 57), st.characters(codec="ascii"))
def test_a_mistyped_token_is_refused_before_it_is_looked_up(place, letter):
    whole = text.drawn()
    other = whole[:place] + letter + whole[place + 1 :]
    assert text.is_one(other) is (other == whole)


@pytest.mark.parametrize("wrong", ["", "mois_pat_", "x" * 58, text.PREFIX + "é" * 49])
def test_what_is_no_token_is_refused(wrong):
    assert not text.is_one(wrong)


def test_only_the_hash_is_kept_and_it_reads_for_its_owner(app: Flask):
    buyer = factories.account(app, Role.BUYER)
    with market_of(app).db.unit_of_work():
        whole = access_tokens.make(buyer, "notebook", TABLES)
        (kept,) = access_tokens.of_account(buyer)
        assert whole.startswith(kept.shown)
        assert len(kept.shown) < 15
    with market_of(app).db.unit_of_work(write=False):
        found = access_tokens.found(whole)
        assert found is not None
        assert found[0].scopes == TABLES
        assert found[1].user_id == buyer.user_id
        assert access_tokens.found(text.drawn()) is None


def test_it_ends_when_its_time_is_over_or_its_owner_says_so(app: Flask):
    buyer, other = (factories.account(app, Role.BUYER) for _ in range(2))
    db = market_of(app).db
    with db.unit_of_work():
        whole = access_tokens.make(buyer, "notebook", TABLES, days=1)
        (kept,) = access_tokens.of_account(buyer)
        with pytest.raises(NotFound):
            access_tokens.end(other, kept.id)
    with db.unit_of_work(write=False), fixed_at(now() + timedelta(days=2)):
        assert access_tokens.found(whole) is None
    with db.unit_of_work():
        access_tokens.end(buyer, kept.id)
        assert access_tokens.of_account(buyer) == ()
    with db.unit_of_work(write=False):
        assert access_tokens.found(whole) is None


def test_it_ends_with_its_account_and_reads_nothing_while_that_is_suspended(app: Flask):
    buyer = factories.account(app, Role.BUYER)
    db = market_of(app).db
    with db.unit_of_work():
        whole = access_tokens.make(buyer, "notebook", TABLES)
    with db.unit_of_work():
        service.close(buyer)
    with db.unit_of_work(write=False):
        assert access_tokens.found(whole) is None


def test_an_operators_token_has_no_power_over_others(app: Flask):
    operator = factories.account(app, Role.BUYER)
    with market_of(app).db.unit_of_work():
        whole = access_tokens.make(operator, "notebook", TABLES)
        found = access_tokens.found(whole)
    assert found is not None
    assert not found[1].has(Role.OPERATOR)


def test_its_use_is_noted_once_an_hour_and_to_the_hour(app: Flask):
    buyer = factories.account(app, Role.BUYER)
    with market_of(app).db.unit_of_work():
        access_tokens.make(buyer, "notebook", TABLES)
        (kept,) = access_tokens.of_account(buyer)
        assert access_tokens.is_to_be_noted(kept)
        access_tokens.note_use(kept.id)
    with market_of(app).db.unit_of_work(write=False):
        (kept,) = access_tokens.of_account(buyer)
    assert kept.used_at is not None
    assert (kept.used_at.minute, kept.used_at.second) == (0, 0)
    assert not access_tokens.is_to_be_noted(kept)


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("", TABLES, 1),
        ("x" * 81, TABLES, 1),
        ("a", frozenset(), 1),
        ("a", TABLES, 0),
        ("a", TABLES, 366),
    ],
)
def test_refuses_what_makes_no_token(app: Flask, name, scopes, days):
    buyer = factories.account(app, Role.BUYER)
    with market_of(app).db.unit_of_work(), pytest.raises(Invalid):
        access_tokens.make(buyer, name, scopes, days)


def test_an_account_has_so_many_at_most(app: Flask, monkeypatch):
    monkeypatch.setattr(access_tokens, "MOST_OPEN", 2)
    buyer = factories.account(app, Role.BUYER)
    with market_of(app).db.unit_of_work():
        for _ in range(2):
            access_tokens.make(buyer, "one", TABLES)
        with pytest.raises(Conflict):
            access_tokens.make(buyer, "one more", TABLES)


@pytest.mark.both_databases
def test_an_account_that_asks_many_times_at_once_has_no_more(app: Flask, monkeypatch):
    monkeypatch.setattr(access_tokens, "MOST_OPEN", 1)
    buyer, db = factories.account(app, Role.BUYER), market_of(app).db
    refused = at_once(db, lambda: access_tokens.make(buyer, "one", TABLES))
    assert sorted(type(each).__name__ for each in refused) == ["Conflict"] * 3 + ["NoneType"]
    with db.unit_of_work(write=False):
        assert len(access_tokens.of_account(buyer)) == 1
