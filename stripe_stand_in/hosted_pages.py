"""The pages that Stripe would host: payment and onboarding. No JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from stripe_stand_in.accounts import name_bank, set_status, transfers_active
from stripe_stand_in.call import Call
from stripe_stand_in.checkout import expire_due, pay
from stripe_stand_in.config import StandInConfig
from stripe_stand_in.disputes import close_dispute, disputable, open_dispute
from stripe_stand_in.holdings import held
from stripe_stand_in.page_frame import language_of, show
from stripe_stand_in.store import Store
from stripe_stand_in.translations import amount

#: What each way to pay does; Stripe publishes the numbers of the cards for testing.
CARDS = {"good": "", "declined": "declined", "poor": "poor", "debit": ""}


def blueprint(config: StandInConfig, store: Store) -> Blueprint:
    """Return the pages of one stand-in."""
    pages = Blueprint(
        "stand_in", __name__, template_folder="templates", static_folder="static",
        static_url_path="/stand-in-static",
    )  # fmt: skip

    @pages.get("/")
    def index() -> Response:
        return show("stand_in/index.html", language_of(None))

    @pages.get("/checkout/<identifier>")
    def checkout(identifier: str) -> Response:
        with store.transaction() as tx:
            call = Call(config, tx)
            expire_due(call)
            return _checkout_page(call, identifier, "")

    @pages.post("/checkout/<identifier>")
    def attempt(identifier: str) -> BaseResponse:
        with store.transaction() as tx:
            call = Call(config, tx)
            expire_due(call)
            return _attempt(call, identifier)

    _add_accounts(pages, config, store)

    @pages.get("/disputes")
    def disputes() -> Response:
        with store.transaction() as tx:
            return _disputes(Call(config, tx))

    @pages.post("/disputes")
    def dispute() -> BaseResponse:
        with store.transaction() as tx:
            open_dispute(Call(config, tx), request.form.get("charge", ""))
        return redirect("/disputes", 303)

    @pages.post("/disputes/<identifier>")
    def decide(identifier: str) -> BaseResponse:
        outcome = request.form.get("outcome")
        if outcome not in ("won", "lost"):
            return _missing()
        with store.transaction() as tx:
            close_dispute(Call(config, tx), identifier, won=outcome == "won")
        return redirect("/disputes", 303)

    return pages


def _add_accounts(pages: Blueprint, config: StandInConfig, store: Store) -> None:
    """Add the pages that the owners of accounts see."""

    @pages.get("/onboarding/<token>")
    def onboarding(token: str) -> BaseResponse:
        with store.transaction() as tx:
            return _onboarding(Call(config, tx), token)

    @pages.get("/dashboard/<token>")
    def dashboard(token: str) -> BaseResponse:
        with store.transaction() as tx:
            return _dashboard(Call(config, tx), token)

    @pages.post("/onboarding/<token>")
    def confirm(token: str) -> BaseResponse:
        with store.transaction() as tx:
            return _confirm(Call(config, tx), token)


def _disputes(call: Call) -> Response:
    """Show what a buyer's bank can do: take a charge back, and decide."""
    language = language_of(None)

    def told(each: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        return each, amount(each["amount"], each["currency"], language)

    return show(
        "stand_in/disputes.html",
        language,
        disputes=[told(each) for each in call.tx.newest("dispute")],
        charges=[told(_rest(each)) for each in call.tx.newest("charge") if disputable(each)],
    )


def _rest(charge: Mapping[str, Any]) -> dict[str, Any]:
    return {**charge, "amount": charge["amount"] - charge["amount_refunded"]}


def _missing() -> Response:
    return show("stand_in/missing.html", language_of(None), status=404)


def _checkout_page(call: Call, identifier: str, fault: str) -> Response:
    session = call.tx.find(identifier, "checkout.session")
    if session is None:
        return _missing()
    language = language_of(session["locale"])
    if session["status"] != "open":
        return show("stand_in/closed.html", language, session=session)
    lines = [
        (line["description"], amount(line["amount_total"], line["currency"], language))
        for line in call.tx.hidden(identifier)["line_items"]["data"]
    ]
    return show(
        "stand_in/checkout.html",
        language,
        (session["success_url"], session["cancel_url"]),
        422 if fault else 200,
        session=session,
        lines=lines,
        total=amount(session["amount_total"], session["currency"], language),
        fault=fault,
        cards=list(CARDS),
        chosen=request.form.get("card", "good"),
    )


def _attempt(call: Call, identifier: str) -> BaseResponse:
    session = call.tx.find(identifier, "checkout.session")
    if session is None or session["status"] != "open":
        return _checkout_page(call, identifier, "")
    fault = CARDS.get(request.form.get("card", ""), "choose")
    if fault:
        return _checkout_page(call, identifier, fault)
    pay(call, identifier, delayed=request.form["card"] == "debit")
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", identifier), 303)


def _link(call: Call, token: str) -> tuple[dict[str, Any] | None, Mapping[str, Any], bool]:
    """Return a link, its addresses, and whether it may still be used."""
    link = call.tx.find(token, "v2.core.account_link")
    if link is None:
        return None, {}, False
    hidden = call.tx.hidden(token)
    fresh = not hidden["used"] and call.now < hidden["expires"]
    return link, link["use_case"][link["use_case"]["type"]], fresh


def _onboarding(call: Call, token: str) -> BaseResponse:
    link, addresses, fresh = _link(call, token)
    if link is None:
        return _missing()
    if not fresh:
        return redirect(addresses["refresh_url"], 303)
    account = call.get("v2.core.account", link["account"])
    back = addresses.get("return_url", addresses["refresh_url"])
    return show(
        "stand_in/onboarding.html",
        language_of(None),
        (back,),
        account=account,
        back=back,
        country=account["identity"].get("country", "").upper(),
    )


def _confirm(call: Call, token: str) -> BaseResponse:
    link, addresses, fresh = _link(call, token)
    if link is None:
        return _missing()
    if not fresh:
        return redirect(addresses["refresh_url"], 303)
    if not transfers_active(call.get("v2.core.account", link["account"])):
        set_status(call, link["account"], "active")
    name_bank(call, link["account"], request.form.get("bank", ""))
    call.tx.save(link, {**call.tx.hidden(token), "used": True})
    return redirect(addresses.get("return_url", addresses["refresh_url"]), 303)


def _dashboard(call: Call, token: str) -> BaseResponse:
    """Show what the owner of an account sees at the provider; an address is good once."""
    link = call.tx.find(token, "login_link")
    hidden = call.tx.hidden(token)
    if link is None or hidden.get("used"):
        return _missing()
    call.tx.save(link, {**hidden, "used": True})
    account = call.get("v2.core.account", hidden["account"])
    language = language_of(None)
    return show(
        "stand_in/dashboard.html",
        language,
        account=account,
        active=transfers_active(account),
        held=[amount(cents, code, language) for code, cents in held(call, account["id"]).items()],
    )
