"""Everything that happens to money, in a real browser, in both languages.

Paid, declined, promised, called off, given back in part and whole, taken back by a bank; an
account that is restricted, a payout that is held, a book that differs: what each person sees.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.conftest import PATIENCE, Market, pay_now
from tests.journeys.test_upload_to_payout import accessible, sign_up
from tests.support.controls import Controls

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
DEMONSTRATION = "moisson demonstration"
WORDS = {
    "en": {
        "declined": "Your card was declined",
        "pending": "payment on its way",
        "expired": "expired",
        "part": "given back",
        "refunded": "refunded",
        "disputed": "payment disputed",
        "lost": "payment taken back",
        "no account": "The money is ready. Connect a payout account",
        "restricted": "the payment provider has restricted your account",
        "ready": "payout account ready",
        "fee": "a fee for the month",
        "agrees": "agree",
        "covered": "covered|too little is held",
        "failed": "your bank did not take it",
    },
    "fr": {
        "declined": "Votre carte a été refusée",
        "pending": "paiement en route",
        "expired": "expirée",
        "part": "rendu",
        "refunded": "remboursée",
        "disputed": "paiement contesté",
        "lost": "paiement repris",
        "no account": "L’argent est prêt. Reliez",
        "restricted": "le prestataire de paiement a restreint votre compte",
        "ready": "compte de versement prêt",
        "fee": "frais du mois",
        "agrees": "s’accordent",
        "covered": "couvert|trop peu est détenu",
        "failed": "votre banque ne l’a pas pris",
    },
}


@dataclass
class Scene:
    """One language: its words, and a browser for each person."""

    language: str
    market: Market
    open: Callable[[], Page]

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.language]

    def speak(self, page: Page) -> Page:
        """Let a signed-in person read the language of this scene."""
        page.goto("/")
        other = page.locator(f"form[action*='/language/{self.language}'] button")
        if other.count():
            press(page, other.first)
        return page

    def person(self, email: str) -> Page:
        """Somebody of the demonstration, signed in."""
        page = self.open()
        page.goto("/login")
        page.locator("input[name=email]").fill(email)
        page.locator("input[name=password]").fill(DEMONSTRATION)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(re.compile(r"^(?!.*/login)"))
        return self.speak(page)

    def buyer(self) -> Page:
        """Somebody new who buys."""
        page = self.open()
        sign_up(page, self.market, f"b{uuid.uuid4().hex[:8]}", producer=False, buyer=True)
        return self.speak(page)


@pytest.fixture(params=["en", "fr"])
def scene(
    request: pytest.FixtureRequest, chromium: Browser, full_market: Market
) -> Iterator[Scene]:
    contexts = []

    def opened() -> Page:
        context = chromium.new_context(base_url=full_market.address, locale="en-GB")
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        return page

    yield Scene(request.param, full_market, opened)
    for context in contexts:
        context.close()


#: In French too with `make test-all`: the walk of all pages sees most of these in French.
ONE_LANGUAGE = pytest.mark.parametrize(
    "scene", ["en", pytest.param("fr", marks=pytest.mark.exhaustive)], indirect=True
)


def press(page: Page, button: Locator) -> None:
    """Press a button and wait for the page it leads to: leaving earlier would call it off."""
    with page.expect_navigation():
        button.click()


def action(page: Page, ending: str) -> Locator:
    """The button of the form that leads to an address with this ending."""
    return page.locator(f"main form[action$='{ending}'] button").first


def ordered(page: Page, number: int = 0) -> str:
    """Order one gold table of the first release; return the order's address."""
    page.goto("/catalogue")
    page.locator(".cards h3 a").first.click()
    page.locator("input[name=product][value$='~gold']").nth(number).check()
    action(page, "/bundle/add").click()
    page.locator("select[name=purpose]").select_option("research")
    page.locator("form[action$='/orders'] [type=submit]").click()
    page.wait_for_url("**/orders/*")
    return page.url


def provider_page(page: Page) -> str:
    """Go on to the provider's page; return the provider's address."""
    pay_now(page)
    return re.match(r"(http://[^/]+)", page.url)[1]  # type: ignore[index]


def pay(page: Page, card: str = "good") -> None:
    page.locator(f"input[name=card][value={card}]").check()
    page.locator("main form button, form button").first.click()


def until(page: Page, address: str, text: str) -> None:
    """Load a page again until it says something."""
    for _ in range(60):
        page.goto(address)
        if page.locator("main").get_by_text(text).count():
            return
        page.wait_for_timeout(500)
    pytest.fail(f"{address} never said {text!r}:\n{page.locator('main').inner_text()[:1500]}")


@ONE_LANGUAGE
def test_paying_in_every_way(scene: Scene) -> None:
    page, words = scene.buyer(), scene.words
    # Declined, then promised by bank debit.
    order = ordered(page)
    provider = provider_page(page)
    pay(page, "declined")
    expect(page.get_by_text(words["declined"])).to_be_visible()
    accessible(page)
    pay(page, "debit")
    page.wait_for_url("**/orders/**")
    until(page, order, words["pending"])
    accessible(page)
    expect(page.locator("a[href$='.csv'], a[href*='/csv/']")).to_have_count(0)
    # The bank says yes: on the stand-in's page of controls.
    page.goto(f"{provider}/controls")
    accessible(page)
    press(page, page.locator("button[value=session_paid]").first)
    until(page, order, "CSV")
    page.goto(order)
    page.locator("a[href*='/documents/invoice/'], a[href$='/invoice']").first.click()
    accessible(page)
    # Abandoned: nothing is charged, and the tables can be composed again.
    other = ordered(page, 1)
    provider_page(page)
    page.goto(other)
    press(page, action(page, "/cancel"))
    until(page, other, words["expired"])
    accessible(page)
    expect(action(page, "/again")).to_be_visible()
    # A debit that the bank refuses days later ends the order.
    third = ordered(page, 1)
    provider_page(page)
    pay(page, "debit")
    page.wait_for_url("**/orders/**")
    until(page, third, words["pending"])
    page.goto(f"{provider}/controls")
    press(page, page.locator("button[value=session_failed]").first)
    until(page, third, words["expired"])


@ONE_LANGUAGE
def test_giving_back_in_part_whole_and_when_a_bank_will_not_take_it(scene: Scene) -> None:
    page, operator, words = scene.buyer(), scene.person("operator@example.org"), scene.words
    order = ordered(page)
    provider = provider_page(page)
    pay(page)
    until(page, order, "CSV")
    address = f"/operator/orders/{order.rsplit('/', 1)[-1].split('?')[0]}/refund"
    operator.goto(address)
    accessible(operator)
    operator.locator("input[name=amount]").fill("99999")
    press(operator, operator.locator("form[action$='/refund'] [type=submit]"))
    accessible(operator)
    operator.goto(address)
    operator.locator("input[name=amount]").fill("0,05" if scene.language == "fr" else "0.05")
    operator.locator("input[name=reason]").fill("late")
    press(operator, operator.locator("form[action$='/refund'] [type=submit]"))
    until(page, order, words["part"])
    expect(page.get_by_text("late").first).to_be_visible()
    expect(page.get_by_text("CSV", exact=True).first).to_be_visible()
    accessible(page)
    # The buyer's bank sends it back: all is as before, and said.
    page.goto(f"{provider}/controls")
    press(page, page.locator("button[value=refund_failed]").first)
    until(page, order, words["failed"])
    operator.goto(address)
    press(operator, operator.locator("form[action$='/refund'] [type=submit]"))
    until(page, order, words["refunded"])
    accessible(page)
    expect(page.get_by_text("CSV", exact=True)).to_have_count(0)


@ONE_LANGUAGE
def test_a_bank_takes_a_payment_back(scene: Scene) -> None:
    page, words = scene.buyer(), scene.words
    order = ordered(page)
    provider = provider_page(page)
    pay(page)
    until(page, order, "CSV")
    page.goto(f"{provider}/disputes")
    accessible(page)
    press(page, page.locator("form[action='/disputes'] button").first)
    until(page, order, words["disputed"])
    accessible(page)
    page.goto(f"{provider}/disputes")
    press(page, page.locator("button[value=lost]").first)
    until(page, order, words["lost"])
    accessible(page)


@ONE_LANGUAGE
def test_a_restricted_account_and_a_payout_that_is_held(scene: Scene) -> None:
    words = scene.words
    owed = scene.person("panel-a@example.org")
    owed.goto("/income")
    accessible(owed)
    # Owed something already; the first reader of the two connects the account.
    if owed.locator("select[name=country]").count():
        expect(owed.get_by_text(words["no account"])).to_be_visible()
        owed.locator("select[name=country]").select_option("FR")
        owed.locator("form[action$='/income/account'] [type=submit]").click()
        owed.wait_for_url("**/onboarding/**")
        owed.locator("form button").first.click()
        owed.wait_for_url("**/income**")
    expect(owed.get_by_text(words["ready"]).first).to_be_visible()
    action(owed, "/income/account/dashboard").click()
    owed.wait_for_url("**/dashboard/**")
    accessible(owed)
    provider = re.match(r"(http://[^/]+)", owed.url)[1]  # type: ignore[index]
    controls = Controls(provider, "standin_sk_local")
    for account in accounts(scene, provider):
        controls.account_status(account, "restricted")
    until(owed, "/income", words["restricted"])
    accessible(owed)
    for account in accounts(scene, provider):
        controls.account_status(account, "active")
    until(owed, "/income", words["ready"])


def accounts(scene: Scene, provider: str) -> list[str]:
    """Every contributor's account at the provider."""
    page = scene.open()
    page.goto(f"{provider}/controls")
    found = page.locator("p[id^='acct_']")
    return [found.nth(place).get_attribute("id") or "" for place in range(found.count())]


@ONE_LANGUAGE
def test_a_difference_is_shown_explained_and_booked(scene: Scene) -> None:
    words, operator = scene.words, scene.person("operator@example.org")
    page = scene.buyer()
    ordered(page)
    provider = provider_page(page)
    # What earlier scenes left under way is looked at first.
    operator.goto("/operator/reconciliation")
    press(operator, action(operator, "/reconciliation"))
    until(operator, "/operator/reconciliation", words["agrees"])
    Controls(provider, "standin_sk_local").fee(120, "eur", "Connect, a month")
    operator.goto("/operator/reconciliation")
    press(operator, action(operator, "/reconciliation"))
    until(operator, "/operator/reconciliation", "stripe_fee")
    expect(operator.get_by_text(words["fee"]).first).to_be_visible()
    accessible(operator)
    operator.locator("a[href*='/reconciliation/book/']").first.click()
    accessible(operator)
    operator.locator("input[name=reason]").fill("Connect")
    press(operator, operator.locator("form[action$='/reconciliation/book'] [type=submit]"))
    operator.goto("/operator/reconciliation")
    press(operator, action(operator, "/reconciliation"))
    until(operator, "/operator/reconciliation", words["agrees"])
    operator.goto("/operator/reserve")
    # Whether what is owed is covered depends on what was refunded and taken back before.
    expect(operator.locator("main h2 .tag").first).to_have_text(re.compile(words["covered"]))
    accessible(operator)
    operator.goto("/operator/payouts")
    accessible(operator)
    link = operator.locator("a[href*='/operator/payouts/']").first
    link.click()
    accessible(operator)
