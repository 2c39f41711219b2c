"""Who may open what: every route of the market, and a table that must name each one."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.alerts import links as alert_links
from app.alerts import service as alerts
from app.alerts.kinds import Rhythm
from app.collections.templates import found_templates
from app.contributions import diary_entries
from app.contributions import service as contributions
from app.contributions.cells import Cell, Entry, Read
from app.contributions.in_browser.views import PARTS
from app.core.permissions import Actor, Role
from app.datasets.service import checking
from app.downloads import synthetic
from app.endpoints import service as endpoints
from app.endpoints.kinds import Kind as Told
from app.endpoints.sending import PORTS
from app.market import market_of
from app.notices import links
from app.notices.kinds import Kind
from app.questions import service as questions
from app.releases.periods import open_period
from app.reviews import service as reviews
from app.reviews.queries import written_by
from app.search.lists import Search
from app.sellers import service as sellers
from app.sellers.kinds import GoalKind
from app.sellers.queries import goals_of
from app.users import access_tokens, teams
from app.users import queries as users
from app.users.access_tokens import Scope
from app.users.parts import Part
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import trading


class For(Enum):
    EVERYBODY = "everybody"
    ACCOUNTS = "any account"
    PRODUCERS = "producers"
    BUYERS = "buyers"
    OPERATORS = "operators"
    OWNER = "the owner of the object in the address"
    TOKENS = "programs with a token, and no cookie"


#: A new route has to be placed here.
TABLE = {
    For.EVERYBODY: """
        assets static health.live health.ready pages.home pages.protection pages.prices
        pages.terms catalog.search catalog.release catalog.collection users.signup users.login
        catalog.rarity catalog.topic catalog.estimate catalog.wish users.forgot
        users.reset users.verify
        users.language
        webhooks.stripe pages.security contributions.choose contributions.give
        contributions.look contributions.account contributions.done
        diaries.write diaries.forget_draft in_browser.part in_browser.take
        notices.unsubscribe notices.leave
        openness.catalogue openness.edition openness.deployment openness.citation openness.table
        openness.terms openness.feed openness.sitemap openness.robots openness.licences
        openness.licence openness.licence_version
        developers.guide developers.try_out developers.client developers.example
        api.openapi api.editions api.edition
        alerts.end
        api.privacy api.collection api.book api.old_book api.rarity api.quote
    """,
    For.TOKENS: """
        api.own_orders api.tables api.file api.noise api.roll_up api.roll_up_long api.compare
        api.changes
    """,
    For.ACCOUNTS: """
        users.account users.login_again users.logout users.send_verification editions.show
        rights.centre rights.decide rights.pause rights.ceiling rights.download rights.erase
        rights.show_export rights.ask_export contributions.mine
        billing.details billing.remove notices.show notices.choose users.access
        endpoints.listed alerts.listed alerts.follow
        questions.ask questions.listed reviews.write reviews.listed teams.listed teams.act
    """,
    For.PRODUCERS: """
        datasets.mine datasets.new rights.privacy payouts.income payouts.connect payouts.fresh_link
        payouts.came_back payouts.dashboard payouts.give payouts.keep payouts.statement
        payouts.statement_csv payouts.statement_pdf sellers.overview sellers.set_goal
    """,
    For.BUYERS: """
        orders.bundle orders.change orders.add orders.mine orders.place orders.statement
        orders.statement_csv orders.statement_pdf
    """,
    For.OPERATORS: """
        operator.overview operator.book operator.book_days operator.book_lines
        operator.collections operator.jobs operator.retry
        operator.orders operator.ask_refund operator.refund operator.payouts
        operator.run_payouts operator.privacy operator.reconciliation operator.reconcile
        price_books.show price_books.version price_books.new
        own_diaries.listed own_diaries.new own_diaries.close
        money.covered money.hand_over money.payout money.take_back money.look_again
        money.ask_correct money.correct measures.take
        operator.verify_book operator_documents.listed operator_documents.written
    """,
    For.OWNER: """
        payouts.ask_spend payouts.spend contributions.own contributions.change
        contributions.ask_erase contributions.consent
        diaries.correct diaries.remove diaries.remind
        datasets.show datasets.columns datasets.simple datasets.choose_table datasets.found
        datasets.publish datasets.unlist datasets.erase editions.close orders.show orders.pay
        orders.came_back orders.check orders.look orders.bill documents.quote
        orders.invoice orders.cancel orders.again
        categories.show categories.find downloads.csv downloads.archive
        downloads.table_file desk.table desk.view
        downloads.synthesise downloads.synthetic_rows
        downloads.synthetic_archive users.revoke users.end_access documents.show documents.pdf
        endpoints.show endpoints.change
        questions.answer reviews.change alerts.change sellers.detail sellers.drop_goal
        teams.show teams.change teams.part teams.invite teams.withdraw teams.join teams.close
    """,
}
WHO = {endpoint: who for who, names in TABLE.items() for endpoint in names.split()}
#: What is signed by its sender, or is a signed link itself.
SIGNED = (
    "webhooks.stripe",
    "notices.unsubscribe",
    "notices.leave",
    "alerts.end",
    "api.quote",
    "api.roll_up_long",
)
#: What the operator reaches no more than a stranger does.
OWN = (
    "contributions",
    "diaries",
    "datasets",
    "categories",
    "downloads",
    "desk",
    "users",
    "editions",
    "endpoints",
    "alerts",
    "teams",
    "sellers",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class World:
    """A market in which the first account has one of everything."""

    app: Flask
    producer: Actor
    buyer: Actor
    named: dict[str, str]

    def address(self, rule: Rule) -> str:
        values = {name: self.named[name] for name in rule.arguments}
        built = rule.build(values)
        assert built is not None
        return built[1]

    def rules(self, *who: For) -> list[Rule]:
        rules = self.app.url_map.iter_rules()
        return [rule for rule in rules if WHO[rule.endpoint] in who]


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("routes")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder) as trade:
        made = factories.published(trade.app)
        with trade.db.unit_of_work():
            found_templates()
            cell = Cell(("weekday", "09-12"), (30,))
            given = Read("spotify", {"listening": {open_period(): (cell,)}})
            contributions.join(
                made.producer, checking(market_of(trade.app)), given, factories.EVERY_PURPOSE
            )
            doors = checking(market_of(trade.app))
            said = diary_entries.diary_of("diary_shopping").checked({"shop": "market"})
            entry = Entry("diary_shopping", f"{open_period()}-28", said)
            diary_entries.keep(made.producer, doors, entry)
            (kept,) = diary_entries.entries(made.producer, doors, "diary_shopping")
            access_tokens.make(made.producer, "notebook", frozenset({Scope.TABLES}))
            token_id = access_tokens.of_account(made.producer)[0].id
        factories.listed(trade.app, made.producer, made.collection_id)
        buyer = factories.account(trade.app, Role.BUYER)
        with trade.db.unit_of_work(write=False):
            first, second, *_ = made.keys()
        order_id = trade.bought(buyer, [first])
        with trade.db.unit_of_work():
            question_id = questions.ask(buyer, made.edition_id, "Were trips abroad counted, too?")
        with trade.db.unit_of_work():
            digest = synthetic.ask(buyer, made.edition_id)
        trade.place(buyer, [second])
        with trade.db.unit_of_work():
            reviews.write(buyer, made.edition_id, 4, "Clear, and well explained.")
            review_id = written_by(buyer.user_id)[0].id
            endpoint_id = endpoints.make(buyer, "https://example.org/told", [Told.PUBLISHED], PORTS)
        with trade.db.unit_of_work():
            asked = Search(collection=made.collection_id)
            alert_id = alerts.follow(buyer, asked, Rhythm.WEEKLY)
            team_id, other_team = teams.found(buyer, "Readers"), teams.found(made.producer, "Them")
            address = users.address_of(buyer.user_id)
            teams.invite(made.producer, other_team, address, Part.ANALYST)
            (invited,) = teams.invitations_to(address)
            sellers.set_goal(made.producer, GoalKind.SOLD, 5)
            goal_id = goals_of(made.producer.user_id)[0].id
        trade.onboard(made.producer)
        Browser(trade.app, made.producer)
        with trade.db.unit_of_work(write=False):
            session_id = users.open_sessions(made.producer.user_id)[0].id
            stopping = links.unsubscribe("", made.producer.user_id, {Kind.SOLD})
            leaving = links.leave("", made.producer.user_id, "listening")
            ending = alert_links.ending("", buyer.user_id, "0" * 32)
        yield World(
            trade.app,
            made.producer,
            buyer,
            {
                "dataset_id": made.dataset_id,
                "collection_id": made.collection_id,
                "edition_id": made.edition_id,
                "order_id": order_id,
                "key": str(first),
                "kind": "csv",
                "edition": made.edition_id,
                "collection": made.collection_id,
                "token_id": token_id,
                "endpoint_id": endpoint_id,
                "question_id": question_id,
                "review_id": review_id,
                "digest": digest,
                "session_id": session_id,
                "job_id": "0" * 32,
                "payout_id": "0" * 32,
                "movement": "txn_none",
                "position": "0",
                "version": "2026-3",
                "token": "not-a-token",
                "stopping": stopping.rpartition("/")[2],
                "leaving": leaving.rpartition("/")[2],
                "ending": ending.rpartition("/")[2],
                "alert_id": alert_id,
                "team_id": team_id,
                "user_id": buyer.user_id,
                "invitation_id": invited.id,
                "goal_id": goal_id,
                "locale": "fr",
                "name": "htmx-2.min.js",
                "file_name": "regression.py",
                "topic": "leisure",
                "series": "invoice",
                "number": "1",
                "filename": "moisson.css",
                "family": "spotify",
                "template": "listening",
                "verb": "skip",
                "entry_id": kept.id,
                "diary_key": "diary_shopping",
                "content": trade.app.extensions[PARTS].worker,
                "part": "reading-worker.js",
                "graph": "jsonld",
                "notation": "yaml",
                "style": "bib",
                "purpose": "research",
            },
        )


def asked(browser: Browser, address: str, method: str) -> Any:
    return browser.get(address) if method == "GET" else browser.post(address)


def methods(rule: Rule) -> list[str]:
    return [method for method in METHODS if method in (rule.methods or ())]


def test_every_route_is_in_the_table(world: World) -> None:
    assert {rule.endpoint for rule in world.app.url_map.iter_rules()} == set(WHO)


def test_a_visitor_is_sent_to_sign_in_everywhere_but_on_public_pages(world: World) -> None:
    visitor = Browser(world.app)
    for rule in world.rules(*(set(For) - {For.EVERYBODY})):
        for method in methods(rule):
            answer = asked(visitor, world.address(rule), method)
            place = (rule.endpoint, method, answer.status_code)
            assert answer.status_code in (302, 401, 403, 404), place
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/login"), place


def test_public_pages_answer_a_visitor(world: World) -> None:
    visitor = Browser(world.app)
    for rule in world.rules(For.EVERYBODY):
        if "GET" in (rule.methods or ()):
            answer = visitor.get(world.address(rule))
            assert answer.status_code in (200, 302), (rule.endpoint, answer.status_code)


def test_a_cookie_opens_nothing_that_is_for_programs(world: World) -> None:
    for browser in (Browser(world.app), Browser(world.app, world.buyer)):
        for rule in world.rules(For.TOKENS):
            for method in methods(rule):
                answer = asked(browser, world.address(rule), method)
                assert answer.status_code == 401, (rule.endpoint, method)


@pytest.mark.parametrize(
    "roles",
    [(Role.PRODUCER, Role.BUYER), (Role.PRODUCER,), (Role.BUYER,), ()],
    ids=lambda roles: "+".join(roles) or "none",
)
def test_another_account_reaches_nothing_of_the_first(
    world: World, roles: tuple[Role, ...]
) -> None:
    stranger = Browser(world.app, factories.account(world.app, *roles))
    for rule in world.rules(For.OWNER, For.OPERATORS):
        for method in methods(rule):
            answer = asked(stranger, world.address(rule), method)
            place = (rule.endpoint, method, answer.status_code)
            assert answer.status_code in (403, 404), place
            assert "my rows" not in answer.text, place


def test_the_operator_reaches_no_rows_and_no_tables(world: World) -> None:
    operator = Browser(world.app, factories.account(world.app, Role.OPERATOR))
    for rule in world.rules(For.OWNER):
        if rule.endpoint.split(".")[0] in OWN:
            for method in methods(rule):
                answer = asked(operator, world.address(rule), method)
                assert answer.status_code in (403, 404), (rule.endpoint, method)


def test_a_page_of_a_role_refuses_accounts_without_it(world: World) -> None:
    nobody = Browser(world.app, factories.account(world.app))
    for rule in world.rules(For.PRODUCERS, For.BUYERS, For.OPERATORS):
        for method in methods(rule):
            answer = asked(nobody, world.address(rule), method)
            if rule.endpoint == "orders.place" and answer.status_code == 302:
                continue  # back to the bundle, whose page refuses
            place = (rule.endpoint, method, answer.status_code)
            assert answer.status_code in (403, 404), place


def test_the_owners_pages_open_for_them(world: World) -> None:
    owners = {
        Role.PRODUCER: Browser(world.app, world.producer),
        Role.BUYER: Browser(world.app, world.buyer),
    }
    for rule in world.rules(For.OWNER):
        if "GET" in (rule.methods or ()):
            producers = rule.endpoint.startswith(
                ("datasets", "categories", "contributions", "diaries", "sellers")
            )
            role = Role.PRODUCER if producers else Role.BUYER
            answer = owners[role].get(world.address(rule))
            assert answer.status_code in (200, 302), (rule.endpoint, answer.status_code)


def test_other_methods_are_refused_everywhere(world: World) -> None:
    browser = Browser(world.app, world.producer)
    allowed: dict[str, set[str]] = {}
    for rule in world.app.url_map.iter_rules():
        allowed.setdefault(world.address(rule), set()).update(rule.methods or ())
    for address, known in allowed.items():
        for method in set(METHODS) - known:
            answer = browser.open(address, method)
            assert answer.status_code == 405, (address, method)


def test_a_form_without_its_token_is_refused(world: World) -> None:
    browser = Browser(world.app, world.producer)
    for rule in world.rules(*For):
        if "POST" in (rule.methods or ()) and rule.endpoint not in SIGNED:
            answer = browser.open(world.address(rule), "POST")
            assert answer.status_code == 400, rule.endpoint
            assert "open for too long" in answer.text, rule.endpoint
