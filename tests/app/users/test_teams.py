"""Teams: who is in one, what each part allows, and what ends with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta

import pytest
from flask import Flask

from app.core.clock import fixed_at, now
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import SYSTEM, Actor, Role
from app.market import market_of
from app.users import access_tokens, queries, service, teams
from app.users.access_tokens import Scope
from app.users.parts import Part
from tests.support import factories

TABLES = frozenset({Scope.TABLES})
NAME = "Bread and roses"


def email_of(app: Flask, who: Actor) -> str:
    with market_of(app).db.unit_of_work(write=False):
        view = queries.user(who.user_id)
    assert view is not None
    return view.email


def found(app: Flask, owner: Actor) -> str:
    with market_of(app).db.unit_of_work():
        return teams.found(owner, NAME)


def joined(app: Flask, owner: Actor, team_id: str, part: Part, who: Actor | None = None) -> Actor:
    """Somebody whom the owner asked in, and who joined."""
    who = who or factories.account(app, Role.BUYER)
    address = email_of(app, who)
    with market_of(app).db.unit_of_work():
        teams.invite(owner, team_id, address, part)
    with market_of(app).db.unit_of_work():
        (asked,) = teams.invitations_to(address)
        assert teams.answer(who, address, asked.id, join=True) == team_id
    return who


def parts(app: Flask, team_id: str) -> dict[str, Part]:
    with market_of(app).db.unit_of_work(write=False):
        return {one.user_id: one.part for one in teams.members(team_id)}


def session_of(app: Flask, who: Actor) -> str:
    with market_of(app).db.unit_of_work():
        return service.sign_in(email_of(app, who), factories.PASSWORD, "a browser")


def acts(app: Flask, who: Actor, team_id: str) -> str:
    opened = session_of(app, who)
    with market_of(app).db.unit_of_work():
        teams.act_for(who, opened, team_id)
    return opened


def seen(app: Flask, opened: str) -> queries.UserView:
    with market_of(app).db.unit_of_work(write=False):
        view = queries.user_of_session(opened)
    assert view is not None
    return view


def test_whoever_founds_a_team_owns_it_and_nobody_signs_in_to_it(app: Flask) -> None:
    owner = factories.account(app, Role.PRODUCER)
    team_id = found(app, owner)
    assert parts(app, team_id) == {owner.user_id: Part.OWNER}
    with market_of(app).db.unit_of_work(write=False):
        assert queries.by_email(f"team-{team_id}@invalid") is not None
        with pytest.raises(service.WrongCredentials):
            service.sign_in(f"team-{team_id}@invalid", "", "a browser")
        view = queries.user(team_id)
    assert view is not None
    assert view.roles == {Role.BUYER}
    assert view.email == email_of(app, owner)


@pytest.mark.parametrize(
    "name", ["", "x", "y" * 81, "see http://bad.example", "www.bad.example", "a@b", "a\u202eb"]
)
def test_a_name_that_cannot_stand_in_a_letter_is_refused(lite_app: Flask, name: str) -> None:
    owner = factories.account(lite_app)
    with market_of(lite_app).db.unit_of_work(), pytest.raises(Invalid):
        teams.found(owner, name)


@pytest.mark.parametrize("part", list(Part))
def test_a_part_says_what_somebody_may_do_for_the_team(lite_app: Flask, part: Part) -> None:
    owner = factories.account(lite_app)
    team_id = found(lite_app, owner)
    member = joined(lite_app, owner, team_id, part)
    view = seen(lite_app, acts(lite_app, member, team_id))
    assert view.id == team_id
    assert view.person is not None
    assert view.person.id == member.user_id
    assert view.actor == Actor(
        team_id,
        frozenset({Role.ANALYST} if part is Part.ANALYST else {Role.BUYER, Role.ANALYST}),
        member.user_id,
    )


def test_only_its_owners_say_who_is_in_it(lite_app: Flask) -> None:
    owner, stranger = factories.account(lite_app), factories.account(lite_app)
    team_id = found(lite_app, owner)
    buyer = joined(lite_app, owner, team_id, Part.BUYER)
    attempts: list[Callable[[Actor], object]] = [
        lambda who: teams.invite(who, team_id, "x@example.org", Part.OWNER),
        lambda who: teams.change_part(who, team_id, buyer.user_id, Part.OWNER),
        lambda who: teams.remove(who, team_id, owner.user_id),
        lambda who: teams.rename(who, team_id, "Ours now"),
        lambda who: teams.withdraw(who, team_id, "0" * 32),
    ]
    for attempt in attempts:
        for who, refused in ((buyer, Forbidden), (stranger, NotFound)):
            with market_of(lite_app).db.unit_of_work(), pytest.raises(refused):
                attempt(who)
    with market_of(lite_app).db.unit_of_work(), pytest.raises(NotFound):
        teams.act_for(stranger, session_of(lite_app, stranger), team_id)
    assert parts(lite_app, team_id) == {owner.user_id: Part.OWNER, buyer.user_id: Part.BUYER}


def test_nobody_makes_anothers_browser_act(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    team_id = found(lite_app, owner)
    other = joined(lite_app, owner, team_id, Part.ANALYST)
    opened = session_of(lite_app, other)
    with market_of(lite_app).db.unit_of_work(), pytest.raises(NotFound):
        teams.act_for(owner, opened, team_id)


def test_an_invitation_is_for_its_address_once_and_for_a_time(lite_app: Flask) -> None:
    owner, guest, other = (factories.account(lite_app) for _ in range(3))
    team_id, db = found(lite_app, owner), market_of(lite_app).db
    address = email_of(lite_app, guest)
    with db.unit_of_work():
        teams.invite(owner, team_id, f" {address.upper()} ", Part.ANALYST)
        with pytest.raises(Conflict):
            teams.invite(owner, team_id, address, Part.OWNER)
    with db.unit_of_work(write=False):
        (asked,) = teams.invitations_to(address)
    with db.unit_of_work(), pytest.raises(NotFound):
        teams.answer(other, email_of(lite_app, other), asked.id, join=True)
    later = now() + teams.INVITATION_LIFE + timedelta(seconds=1)
    with fixed_at(later), db.unit_of_work(), pytest.raises(NotFound):
        teams.answer(guest, address, asked.id, join=True)
    with db.unit_of_work():
        teams.answer(guest, address, asked.id, join=True)
    with db.unit_of_work(), pytest.raises(NotFound):
        teams.answer(guest, address, asked.id, join=True)
    assert parts(lite_app, team_id)[guest.user_id] is Part.ANALYST


def test_whoever_refuses_is_in_no_team_and_may_be_asked_again(lite_app: Flask) -> None:
    owner, guest = factories.account(lite_app), factories.account(lite_app)
    team_id, db, address = found(lite_app, owner), market_of(lite_app).db, email_of(lite_app, guest)
    with db.unit_of_work():
        teams.invite(owner, team_id, address, Part.BUYER)
        (asked,) = teams.invitations_to(address)
        teams.answer(guest, address, asked.id, join=False)
    assert parts(lite_app, team_id) == {owner.user_id: Part.OWNER}
    joined(lite_app, owner, team_id, Part.BUYER, guest)


def test_an_invitation_tells_nobody_whether_there_is_an_account(lite_app: Flask) -> None:
    owner, guest = factories.account(lite_app), factories.account(lite_app)
    team_id = found(lite_app, owner)
    with market_of(lite_app).db.unit_of_work():
        for address in (email_of(lite_app, guest), "nobody@example.org"):
            teams.invite(owner, team_id, address, Part.BUYER)
        known, unknown = sorted(teams.invited(team_id), key=lambda one: "nobody" in one.email)
    assert (known.part, known.expires_at.date()) == (unknown.part, unknown.expires_at.date())


def test_a_team_keeps_an_owner(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    team_id, db = found(lite_app, owner), market_of(lite_app).db
    other = joined(lite_app, owner, team_id, Part.BUYER)
    for attempt in (
        lambda: teams.remove(owner, team_id, owner.user_id),
        lambda: teams.change_part(owner, team_id, owner.user_id, Part.ANALYST),
    ):
        with db.unit_of_work(), pytest.raises(Conflict):
            attempt()
    with db.unit_of_work():
        teams.change_part(owner, team_id, other.user_id, Part.OWNER)
        teams.remove(owner, team_id, owner.user_id)
    assert parts(lite_app, team_id) == {other.user_id: Part.OWNER}


def test_of_two_owners_who_part_from_one_another_at_once_one_stays(app: Flask) -> None:
    owner = factories.account(app)
    team_id, db = found(app, owner), market_of(app).db
    other = joined(app, owner, team_id, Part.OWNER)

    def part_from(who: Actor, whom: Actor) -> bool:
        try:
            with app.app_context(), db.unit_of_work():
                teams.remove(who, team_id, whom.user_id)
        except (Conflict, NotFound, Forbidden):
            return False
        return True

    pairs = ((owner, other), (other, owner))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(copy_context().run, part_from, *pair) for pair in pairs]
        assert sum(run.result() for run in runs) >= 1
    assert list(parts(app, team_id).values()) == [Part.OWNER]


def test_with_their_part_ends_what_somebody_opened_and_made_for_the_team(app: Flask) -> None:
    owner = factories.account(app)
    team_id, db = found(app, owner), market_of(app).db
    leaver = joined(app, owner, team_id, Part.ANALYST)
    opened, kept = acts(app, leaver, team_id), acts(app, owner, team_id)
    with db.unit_of_work():
        theirs = access_tokens.make(seen(app, opened).actor, "notebook", TABLES)
        own = access_tokens.make(leaver, "own notebook", TABLES)
        others = access_tokens.make(seen(app, kept).actor, "notebook", TABLES)
        assert all(access_tokens.found(one) for one in (theirs, own, others))
        reads = access_tokens.found(theirs)
        assert reads is not None
        assert reads[1].user_id == team_id
    with db.unit_of_work():
        teams.remove(owner, team_id, leaver.user_id)
    with db.unit_of_work(write=False):
        assert access_tokens.found(theirs) is None
        assert access_tokens.found(own) is not None
        assert access_tokens.found(others) is not None
    view = seen(app, opened)
    assert (view.id, view.person) == (leaver.user_id, None)
    # Who comes back finds nothing of it open.
    joined(app, owner, team_id, Part.ANALYST, leaver)
    assert seen(app, opened).id == leaver.user_id
    with db.unit_of_work(write=False):
        assert access_tokens.found(theirs) is None


def test_whoever_is_suspended_reads_nothing_for_their_team(app: Flask) -> None:
    owner = factories.account(app)
    team_id, db = found(app, owner), market_of(app).db
    member = joined(app, owner, team_id, Part.BUYER)
    with db.unit_of_work():
        whole = access_tokens.make(seen(app, acts(app, member, team_id)).actor, "notebook", TABLES)
    with db.unit_of_work():
        service.suspend(SYSTEM, member.user_id, "a test")
    with db.unit_of_work(write=False):
        assert access_tokens.found(whole) is None


def test_a_suspended_team_is_acted_for_by_nobody(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    team_id, db = found(lite_app, owner), market_of(lite_app).db
    opened = acts(lite_app, owner, team_id)
    with db.unit_of_work():
        whole = access_tokens.make(seen(lite_app, opened).actor, "notebook", TABLES)
        service.suspend(SYSTEM, team_id, "a test")
    assert seen(lite_app, opened).id == owner.user_id
    with db.unit_of_work(write=False):
        assert access_tokens.found(whole) is None


def test_there_is_room_for_so_many(lite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teams, "MOST_PEOPLE", 3)
    monkeypatch.setattr(teams, "MOST_TEAMS", 1)
    owner = factories.account(lite_app)
    team_id, db = found(lite_app, owner), market_of(lite_app).db
    with db.unit_of_work(), pytest.raises(Conflict):
        teams.found(owner, "Another")
    joined(lite_app, owner, team_id, Part.ANALYST)
    with db.unit_of_work():
        teams.invite(owner, team_id, "first@example.org", Part.ANALYST)
        with pytest.raises(Conflict):
            teams.invite(owner, team_id, "second@example.org", Part.ANALYST)


def test_an_analyst_ends_their_own_tokens_and_a_buyer_all(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    team_id, db = found(lite_app, owner), market_of(lite_app).db
    analyst = joined(lite_app, owner, team_id, Part.ANALYST)
    owns, reads = (seen(lite_app, acts(lite_app, who, team_id)).actor for who in (owner, analyst))
    with db.unit_of_work():
        for actor, name in ((owns, "owner's"), (reads, "analyst's"), (reads, "another")):
            access_tokens.make(actor, name, TABLES)
        made = {one.name: one.id for one in access_tokens.of_account(owns)}
        with pytest.raises(NotFound):
            access_tokens.end(reads, made["owner's"])
        access_tokens.end(reads, made["analyst's"])
        access_tokens.end(owns, made["another"])
        assert [one.name for one in access_tokens.of_account(reads)] == ["owner's"]


def test_a_team_is_not_counted_among_people(lite_app: Flask) -> None:
    owner = factories.account(lite_app)
    with market_of(lite_app).db.unit_of_work(write=False):
        before = queries.count()
    found(lite_app, owner)
    with market_of(lite_app).db.unit_of_work(write=False):
        assert queries.count() == before


@pytest.mark.parametrize("demoted", [False, True])
def test_an_owner_who_is_one_no_more_comes_back_by_no_invitation_of_their_own(
    lite_app: Flask, demoted: bool
) -> None:
    owner = factories.account(lite_app)
    team_id, db = found(lite_app, owner), market_of(lite_app).db
    other = joined(lite_app, owner, team_id, Part.OWNER)
    with db.unit_of_work():
        teams.invite(other, team_id, "second-address@example.org", Part.OWNER)
        teams.invite(owner, team_id, "colleague@example.org", Part.ANALYST)
        if demoted:
            teams.change_part(owner, team_id, other.user_id, Part.BUYER)
        else:
            teams.remove(owner, team_id, other.user_id)
        assert [one.email for one in teams.invited(team_id)] == ["colleague@example.org"]
