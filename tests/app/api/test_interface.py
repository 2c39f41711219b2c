"""The interface for programs: its description holds, tokens alone open it, problems are told."""

import ast
import base64
import csv
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    status_code_conformance,
)
from werkzeug.serving import make_server

from app.api import access
from app.api.views import OPERATIONS
from app.catalog import queries as catalog
from app.catalog.products import ProductKey
from app.core.permissions import SYSTEM, Actor, Role
from app.desk import service
from app.downloads.formats import FORMATS
from app.releases import service as releases
from app.users import access_tokens
from app.users.access_tokens import Scope
from clients.moisson import Market, MarketError
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade

BOTH = frozenset(Scope)


@pytest.fixture(scope="module")
def made(trade: Trade) -> factories.Published:
    return factories.published(trade.app)


@pytest.fixture(scope="module")
def key(trade: Trade, made: factories.Published) -> ProductKey:
    with trade.db.unit_of_work(write=False):
        for one in made.keys("silver"):
            if len(catalog.found(one)[1].marginal) == 3:
                return one
    raise LookupError


@pytest.fixture(scope="module")
def buyer(trade: Trade, key: ProductKey) -> Actor:
    somebody = factories.account(trade.app, Role.BUYER)
    trade.bought(somebody, [key])
    return somebody


def token_of(trade: Trade, actor: Actor, scopes: frozenset[Scope] = BOTH, edition: str = "") -> str:
    with trade.db.unit_of_work():
        return access_tokens.make(actor, "test", scopes, edition_id=edition)


@pytest.fixture(scope="module")
def token(trade: Trade, buyer: Actor) -> str:
    return token_of(trade, buyer)


class Program:
    """A program with a token, or without."""

    def __init__(self, trade: Trade, token: str = "") -> None:
        self.browser = Browser(trade.app)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, path: str, **more: Any) -> Any:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.browser.open(f"/api/v1{path}", headers=headers, **more)


def test_the_description_is_openapi_and_names_every_operation(trade: Trade) -> None:
    whole = Program(trade).ask("/openapi.json").get_json()
    validate(whole)
    told = {(method.upper(), path) for path, one in whole["paths"].items() for method in one}
    assert told == {(one.method, one.path) for one in OPERATIONS}
    rules = {
        (method, str(rule).replace("<", "{").replace(">", "}"))
        for rule in trade.app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/") and rule.endpoint != "api.openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert rules == told


def test_what_everybody_may_read_needs_no_token(trade: Trade, made: factories.Published) -> None:
    program = Program(trade)
    listed = program.ask("/editions").get_json()
    assert made.edition_id in [one["id"] for one in listed["editions"]]
    one = program.ask(f"/editions/{made.edition_id}").get_json()
    assert one["tables"]
    assert one["privacy"]["release_sha256"]
    rare = program.ask("/rarity").get_json()
    assert made.collection_id in [one["collection"] for one in rare["rarest"]]
    assert rare["moments"][-1]["topics"]["leisure"] >= 1.0
    public = (f"/collections/{made.collection_id}", "/price-book", "/price-books/2026-3", "/rarity")
    for path in public:
        answer = program.ask(path)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        again = program.ask(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        assert "Set-Cookie" not in answer.headers


def test_what_is_owned_needs_a_token_with_its_scope(
    trade: Trade, key: ProductKey, buyer: Actor
) -> None:
    for path in ("/tables", "/orders", f"/tables/{key}.csv"):
        refused = Program(trade).ask(path)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert refused.content_type == "application/problem+json"
    narrow = Program(trade, token_of(trade, buyer, frozenset({Scope.TABLES})))
    assert narrow.ask("/tables").status_code == 200
    assert narrow.ask("/orders").status_code == 403
    elsewhere = Program(trade, token_of(trade, buyer, edition="another"))
    assert elsewhere.ask(f"/tables/{key}.csv").status_code == 403
    assert elsewhere.ask("/tables").get_json() == {"tables": []}
    assert elsewhere.ask("/orders").status_code == 403, "orders are of all that one owns"
    told = elsewhere.ask("/quotes", method="POST", json={"products": [str(key)]}).get_json()
    assert told["price"]["micros"] > 0, "as for anybody"


def test_a_cookie_opens_nothing_and_a_wrong_token_closes_what_is_public(
    trade: Trade, buyer: Actor, key: ProductKey
) -> None:
    signed_in = Browser(trade.app, buyer)
    assert signed_in.get(f"/downloads/{key}/table.csv").status_code == 200
    assert signed_in.get(f"/api/v1/tables/{key}.csv").status_code == 401
    assert Program(trade, "mois_pat_wrong").ask("/editions").status_code == 401


def test_basic_takes_the_token_as_password(trade: Trade, token: str) -> None:
    for sent, status in ((token, 200), ("nothing", 401)):
        basic = base64.b64encode(f"anybody:{sent}".encode()).decode()
        answer = Program(trade).ask("/tables", headers={"Authorization": f"Basic {basic}"})
        assert answer.status_code == status
    broken = Program(trade).ask("/tables", headers={"Authorization": "Basic %%%"})
    assert broken.status_code == 401


def test_a_password_beyond_ascii_is_no_token(trade: Trade) -> None:
    answer = Program(trade).ask("/editions", headers={"Authorization": "Basic \u00e9"})
    assert answer.status_code == 401


def test_all_tokens_of_an_account_are_counted_together(
    trade: Trade, buyer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(access, "_count", lambda _item, key: counted.append(key))
    for _ in range(2):
        assert Program(trade, token_of(trade, buyer)).ask("/tables").status_code == 200
    assert counted == [f"account:{buyer.user_id}"] * 2


def test_a_token_of_one_edition_is_told_of_no_other(
    trade: Trade, key: ProductKey, buyer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SimpleNamespace(key=ProductKey("0" * 32, key.axes, key.tier))
    monkeypatch.setattr(service, "earlier", lambda _actor, _one: ((None, other),))
    for edition, told in (("", True), (key.edition, False)):
        program = Program(trade, token_of(trade, buyer, edition=edition))
        answer = program.ask(f"/tables/{key}/changes?since=x")
        assert answer.status_code == 422
        assert (str(other.key) in answer.get_json()["detail"]) is told


def test_somebody_elses_table_is_not_found(trade: Trade, key: ProductKey) -> None:
    stranger = Program(trade, token_of(trade, factories.account(trade.app, Role.BUYER)))
    for path in (f"/tables/{key}.csv", f"/tables/{key}/noise", f"/tables/{key}/rollup"):
        assert stranger.ask(path).status_code == 404


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_table_is_the_file_of_the_page_whole_or_in_ranges(
    kind: str, trade: Trade, key: ProductKey, buyer: Actor, token: str
) -> None:
    program = Program(trade, token)
    whole = program.ask(f"/tables/{key}.{kind}")
    assert whole.data == Browser(trade.app, buyer).get(f"/downloads/{key}/table.{kind}").data
    head = program.ask(f"/tables/{key}.{kind}", method="HEAD")
    assert head.headers["Content-Length"] == str(len(whole.data))
    some = program.ask(f"/tables/{key}.{kind}", headers={"Range": "bytes=0-9"})
    assert (some.status_code, some.data) == (206, whole.data[:10])
    same = program.ask(f"/tables/{key}.{kind}", headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert "RateLimit-Policy" in whole.headers or not trade.app.config["RATELIMIT_ENABLED"]


def test_a_roll_up_is_the_same_by_address_and_by_body_with_its_covariances(
    trade: Trade, key: ProductKey, token: str
) -> None:
    program = Program(trade, token)
    got = program.ask(f"/tables/{key}/rollup?over=day&covariance=true").get_json()
    body = {"over": ["day"], "covariance": True}
    sent = program.ask(f"/tables/{key}/rollup", method="POST", json=body).get_json()
    assert got == sent
    spread = got["covariance"]
    assert [row[n] for n, row in enumerate(spread)] == pytest.approx(
        [one["sd"] ** 2 for one in got["figures"]]
    )


def test_noise_gives_the_covariances_back(trade: Trade, key: ProductKey, token: str) -> None:
    """The variance of one cell's count, rebuilt by hand from the parts alone."""
    program = Program(trade, token)
    told = program.ask(f"/tables/{key}/noise").get_json()
    sizes = {name: len(labels) for name, labels in told["entries"].items()}
    total = 0.0
    for part in told["parts"]:
        factor = part["variance"]
        for name, size in sizes.items():
            measured = name == "spend"
            spike = 1.0 if measured else 1 / size
            if name in part["columns"]:
                factor *= 0.0 if measured else 1 - 1 / size
            else:
                factor *= spike**2
        total += factor
    figure = program.ask(f"/tables/{key}/rollup").get_json()["figures"][0]
    assert figure["sd"] ** 2 == pytest.approx(total)


def test_lines_are_compared_and_what_cannot_be_told_is_a_problem_with_its_remedy(
    trade: Trade, key: ProductKey, token: str
) -> None:
    program = Program(trade, token)
    found = program.ask(f"/tables/{key}/compare?beside=1&statistic=mean").get_json()
    assert found["false_discoveries_at_most"] == 0.05
    assert all(one["ratio"] is None for one in found["comparisons"])
    wrong = program.ask(f"/tables/{key}/rollup?where[day]=Someday")
    assert wrong.status_code == 422
    assert "'Mon', 'Tue', 'Wed'" in wrong.get_json()["detail"]
    long = program.ask(f"/tables/{key}/rollup", method="POST", json={"overs": []})
    assert long.status_code == 422
    assert "overs" in long.get_json()["detail"]
    since = program.ask(f"/tables/{key}/changes?since={key}")
    assert since.status_code == 422


@pytest.mark.parametrize("names", [["x" * 81], [""], [str(n) for n in range(201)]])
def test_a_small_question_has_no_vast_answer(
    names: list[str], trade: Trade, key: ProductKey, token: str
) -> None:
    body = {"groups": {"day": {name: ["Mon"] for name in names}}}
    answer = Program(trade, token).ask(f"/tables/{key}/rollup", method="POST", json=body)
    assert answer.status_code == 422


def test_a_quote_counts_what_the_account_owns_and_buys_nothing(
    trade: Trade, key: ProductKey, token: str, made: factories.Published
) -> None:
    body = {"products": [str(key)]}
    before = Program(trade, token).ask("/orders").get_json()
    for program, free in ((Program(trade), False), (Program(trade, token), True)):
        told = program.ask("/quotes", method="POST", json=body).get_json()
        assert (told["price"] is None or told["price"]["micros"] == 0) is free
    assert Program(trade, token).ask("/orders").get_json() == before


def test_a_body_holds_no_nul_byte_however_it_is_written(trade: Trade) -> None:
    program = Program(trade)
    for letters, status in ((r"\u0000", 422), (r"\\\u0000", 422), (r"\\u0000", 404)):
        body = f'{{"products": ["{letters}~0~gold"]}}'
        assert program.ask("/quotes", method="POST", data=body).status_code == status, letters


def test_an_unknown_path_is_a_problem_too(trade: Trade) -> None:
    for path, method in (("/nowhere", "GET"), ("/editions", "DELETE"), ("/editions/none", "GET")):
        answer = Program(trade).ask(path, method=method)
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["status"] == answer.status_code in (404, 405)


def test_no_answer_breaks_what_the_description_says(
    trade: Trade, key: ProductKey, token: str, made: factories.Published
) -> None:
    """Schemathesis: 20 requests of each kind, sensible and not, checked against the description."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", trade.app)
    for found in schema.get_all_operations():
        operation = found.ok()
        for case in _cases(operation):
            if "key" in (case.path_parameters or {}):
                case.path_parameters["key"] = str(key)
            if "edition" in (case.path_parameters or {}):
                case.path_parameters["edition"] = made.edition_id
            response = case.call(headers={"Authorization": f"Bearer {token}"})
            assert response.status_code < 500, (case.method, case.path, response.text)
            case.validate_response(
                response,
                checks=(status_code_conformance, content_type_conformance),
            )


def _cases(operation: Any) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=10,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def gather(case: Any) -> None:
        found.append(case)

    gather()
    return found


@pytest.fixture
def address(trade: Trade) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, trade.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_the_client_reads_what_its_token_reads(
    address: str, token: str, key: ProductKey, tmp_path: Path, made: factories.Published
) -> None:
    market = Market(address, token)
    assert made.edition_id in [one["id"] for one in market.editions()]
    (owned,) = (one for one in market.tables() if one["key"] == str(key))
    table = market.table(owned["key"])
    frame = table.frame()
    assert set(frame.columns) >= {"value", "noise_sd"}
    assert frame.attrs["facts"]["tier"] == "silver"
    figures = table.rollup(over=["day"], statistic=["mean"])
    assert {one["statistic"] for one in figures} == {"mean"}
    assert len(table.covariance(over=["day"])) == len(figures)
    assert table.compare(over="day")
    chosen = {"day": {"early": ["Mon"], "late": ["Tue", "Wed"]}}
    (late,) = table.compare(over=["place"], groups=chosen)
    assert late["cell"] == {"day": "late"}
    assert not table.compare(over=["place"], where={"day": ["Mon"]})
    assert table.noise()["parts"]
    file = table.download(tmp_path / "visits.csv")
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len(rows) == len(frame)
    before = file.stat().st_mtime_ns
    assert table.download(tmp_path / "visits.csv").stat().st_mtime_ns == before, "304: left alone"
    assert market.quote([str(key)])["products"] == [str(key)]
    assert market.orders()
    with pytest.raises(MarketError) as caught:
        table.rollup(statistic=["mode"])
    assert caught.value.status == 422
    assert "median" in caught.value.detail


def test_the_client_sends_its_token_nowhere_else() -> None:
    sent: list[str | None] = []

    def elsewhere(environ: dict[str, str], start: Any) -> list[bytes]:
        sent.append(environ.get("HTTP_AUTHORIZATION"))
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"tables": []}']

    def away(environ: dict[str, str], start: Any) -> list[bytes]:
        sent.append(environ.get("HTTP_AUTHORIZATION"))
        start("302 Found", [("Location", f"http://127.0.0.1:{servers[0].server_port}/")])
        return [b""]

    servers = [make_server("127.0.0.1", 0, one, threaded=True) for one in (elsewhere, away)]
    threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in servers]
    for thread in threads:
        thread.start()
    assert Market(f"http://127.0.0.1:{servers[1].server_port}", "secret").tables() == []
    assert sent == ["Bearer secret", None]
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()


def test_importing_the_client_does_nothing() -> None:
    source = (Path(__file__).parents[3] / "clients" / "moisson.py").read_text()
    does = ast.parse(source).body
    harmless = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.Assign)
    assert isinstance(does[0], ast.Expr), "its docstring"
    assert all(isinstance(one, harmless) for one in does[1:])
    assert len(source.splitlines()) < 300


def test_what_is_not_sold_any_more_has_no_price(trade: Trade, buyer: Actor) -> None:
    other = factories.published(trade.app)
    with trade.db.unit_of_work(write=False):
        key = other.keys("silver")[0]
    trade.bought(buyer, [key])
    program = Program(trade, token_of(trade, buyer))
    assert program.ask(f"/editions/{other.edition_id}").get_json()["tables"]
    with trade.db.unit_of_work():
        releases.take_down(SYSTEM, other.edition_id, "for a test")
    assert program.ask(f"/editions/{other.edition_id}").get_json()["tables"] == []
    told = program.ask("/quotes", method="POST", json={"products": [str(key)]}).get_json()
    assert told["price"] is None
    assert "not sold any more" in told["problem"]
    assert program.ask(f"/tables/{key}.csv").status_code == 200, "whoever owns it has it"
