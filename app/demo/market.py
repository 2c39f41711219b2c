"""Filling a market: weeks of its life, told with the clock held at each moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.collections import queries as collections
from app.collections.rules import Purpose
from app.core.clock import fixed_at, now
from app.core.permissions import SYSTEM, Actor, Role
from app.demo import files
from app.demo.acting import PASSWORD, Stage
from app.demo.errors import DemoRefused
from app.demo.people import Crowd
from app.demo.rules import EVERY_PURPOSE, HEALTH, SHOPPING, WORK, Design
from app.jobs.runner import Runner
from app.market import Market
from app.payouts import sending
from app.payouts.queries import PayoutTerms
from app.reconciliation import service as reconciliation
from app.releases import bounds
from app.releases import queries as releases

#: Individuals of the demonstration.
PEOPLE = 1_000
NOT_COMMERCIAL = frozenset({Purpose.RESEARCH, Purpose.PUBLIC})


@dataclass(frozen=True)
class CastMember:
    """One account of the demonstration."""

    name: str
    email: str
    title: str
    role: Role
    shows: str


CAST = (
    CastMember("a", "panel-a@example.org", "Household panel A", Role.PRODUCER,
         "owns the shopping collection; an edition is open"),
    CastMember("b", "panel-b@example.org", "Household panel B", Role.PRODUCER,
         "many households; payout account connected"),
    CastMember("c", "panel-c@example.org", "Household panel C", Role.PRODUCER,
         "no payout account yet; a dataset waits"),
    CastMember("1", "survey-1@example.org", "Survey house 1", Role.PRODUCER,
         "owns work and pay; was paid out"),
    CastMember("2", "survey-2@example.org", "Survey house 2", Role.PRODUCER,
         "has a file that does not pass its check"),
    CastMember("3", "survey-3@example.org", "Survey house 3", Role.PRODUCER,
         "payout account connected"),
    CastMember("x", "archive-1@example.org", "Study archive 1", Role.PRODUCER,
         "owns visits to the doctor"),
    CastMember("y", "archive-2@example.org", "Study archive 2", Role.PRODUCER,
         "has a file whose columns are not explained yet"),
    CastMember("z", "archive-3@example.org", "Study archive 3", Role.PRODUCER,
         "refuses commercial use: an edition of its own"),
    CastMember("new", "person-new@example.org", "A person, new", Role.PRODUCER,
         "has given nothing yet"),
    CastMember("two", "person-two@example.org", "A person, two months in", Role.PRODUCER,
         "gives two kinds of traces; was in two editions of each"),
    CastMember("five", "person-five@example.org", "A person, a year in", Role.PRODUCER,
         "a year of their own numbers, of five kinds of traces; sees what each earned"),
    CastMember("institute", "institute@example.org", "Research institute", Role.BUYER,
         "five orders: an upgrade, one not paid yet; an open bundle"),
    CastMember("retailer", "retailer@example.org", "Market research company", Role.BUYER,
         "three orders, one of them refunded"),
    CastMember("operator", "operator@example.org", "Market operator", Role.OPERATOR,
         "jobs, orders, the book, the privacy ledger"),
)  # fmt: skip
LAST = CAST[-1]


def refuse_real(market: Market) -> None:
    """Refuse to invent a market where people or money are real.

    Raises
    ------
    DemoRefused
    """
    if market.settings.production:
        raise DemoRefused("The demonstration is not for production.")
    if market.gateway.mode != "stand-in":
        raise DemoRefused(
            "The demonstration pays through the stand-in only: unset MOISSON_STRIPE_KEY."
        )


def fill(market: Market, runner: Runner, say: Callable[[str], None], people: int = PEOPLE) -> bool:
    """Fill a market once; return False where the demonstration accounts were there already.

    Parameters
    ----------
    people : int
        Individuals who give their months; none: only those who hold files.

    Raises
    ------
    DemoRefused
    """
    refuse_real(market)
    files.check_installed()
    stage = Stage.of(market, runner)
    if stage.known(CAST[0].email) is not None:
        if stage.known(LAST.email) is None:
            say("An earlier filling was interrupted: this market is incomplete.")
            say("For the complete one, remove the folder instance/ and run this again.")
        return False
    settings = market.settings
    terms = PayoutTerms(settings.refund_days, settings.payout_minimum_cents)
    _Story(stage, terms, now(), say, people).tell()
    # As the schedule does a few minutes later.
    bounds.keep_missing(market.db)
    return True


def accounts_table(base_url: str) -> str:
    """Return where the market is and who can sign in, as lines for a terminal."""
    titles = max(len(part.title) for part in CAST)
    emails = max(len(part.email) for part in CAST)
    lines = [
        f"{part.title:<{titles}}  {part.email:<{emails}}  {part.role:<8}  {part.shows}"
        for part in CAST
    ]
    return "\n".join((f"{base_url}   password of all accounts: {PASSWORD}", "", *lines))


class _Story:
    """The weeks of the market, in order; the operator's account comes last."""

    def __init__(
        self,
        stage: Stage,
        terms: PayoutTerms,
        today: datetime,
        say: Callable[[str], None],
        people: int,
    ) -> None:
        self.people = people
        self.stage = stage
        self.terms = terms
        self.today = today
        self.say = say
        self.cast: dict[str, Actor] = {}

    def tell(self) -> None:
        """Live through the weeks."""
        with self._ago(days=60):
            for part in CAST[:-1]:
                self.cast[part.name] = self.stage.account(part.email, part.title, part.role)
        if self.people:
            with self._ago(days=58):
                crowd = Crowd.of(self.stage, self.today, self.say, self.people)
            self._individuals(crowd)
        with self._ago(days=55):
            shopping, shopping_1 = self._shopping()
            work, work_1 = self._work()
            health_all, health_rest = self._health()
        self._first_sales(shopping_1, work_1, health_all)
        with self._ago(days=20):
            shopping_2, work_2 = self._second_editions(shopping, work)
        self._later_sales(shopping_2, work_1, work_2, health_rest)
        self._payouts()
        if self.people:
            self._sales_of_months()
        self._today(shopping, work, work_2)

    def _individuals(self, crowd: Crowd) -> None:
        """Let a thousand people give some months, and two of them whom one can be."""
        for name, templates in (("two", 2), ("five", 5)):
            who = self.cast[name]
            for key in list(crowd.members)[:templates]:
                crowd.members[key].append(who)
        crowd.long_here.add(self.cast["five"].user_id)
        crowd.newer.add(self.cast["two"].user_id)
        crowd.live()

    def _sales_of_months(self) -> None:
        """Have the institute buy what the newest months say."""
        with self.stage.db.unit_of_work(write=False):
            newest = [
                releases.editions_of(rules)
                for rules in collections.all_collections()
                if rules.template
            ]
        stage, institute = self.stage, self.cast["institute"]
        for editions in newest:
            sold = next((one for one in editions if one.published_at), None)
            if sold is None:
                continue
            with self._ago(hours=20):
                keys = stage.single_tables(sold.id, "gold")[:2]
                stage.buy(institute, keys, Purpose.RESEARCH)
        self.say("sales of the months that people gave")

    def _ago(self, **length: float) -> AbstractContextManager[None]:
        return fixed_at(self.today - timedelta(**length))

    def _begin(self, who: str, design: Design, content: bytes, title: str) -> str:
        producer = self.cast[who]
        dataset_id = self.stage.upload(producer, content, title)
        self.stage.check(producer, dataset_id, design.answers)
        collection_id = self.stage.found(producer, dataset_id, design.proposal())
        self.stage.publish(producer, dataset_id, EVERY_PURPOSE)
        return collection_id

    def _join(
        self,
        who: str,
        collection_id: str,
        design: Design,
        content: bytes,
        title: str,
        purposes: frozenset[Purpose] = EVERY_PURPOSE,
    ) -> None:
        producer = self.cast[who]
        dataset_id = self.stage.upload(producer, content, title, collection_id)
        self.stage.check(producer, dataset_id, design.joining)
        self.stage.publish(producer, dataset_id, purposes)

    def _shopping(self) -> tuple[str, str]:
        begun = self._begin("a", SHOPPING, files.shopping("ketchup", 1, 150), "Ketchup, spring")
        self._join("b", begun, SHOPPING, files.shopping("tuna", 1, 1500), "Tuna, spring")
        self._join("c", begun, SHOPPING, files.shopping("yogurt", 1, 60), "Yogurt, spring")
        (edition,) = self.stage.close(self.cast["a"], begun)
        self.say(f"{SHOPPING.title}: edition 1 released")
        return begun, edition

    def _work(self) -> tuple[str, str]:
        begun = self._begin("1", WORK, files.wages(0, 2010, 2014), "Interviews 2010 to 2014")
        for who, house in (("2", 1), ("3", 2)):
            content = files.wages(house, 2010, 2014)
            self._join(who, begun, WORK, content, "Interviews 2010 to 2014")
        (edition,) = self.stage.close(self.cast["1"], begun)
        self.say(f"{WORK.title}: edition 1 released")
        return begun, edition

    def _health(self) -> tuple[str, str]:
        begun = self._begin("x", HEALTH, files.visits(0), "Study years, first archive")
        self._join("y", begun, HEALTH, files.visits(1), "Study years, second archive")
        self._join(
            "z", begun, HEALTH, files.visits(2), "Study years, third archive", NOT_COMMERCIAL
        )
        for_all, for_the_rest, _ = self.stage.close(self.cast["x"], begun)
        self.say(f"{HEALTH.title}: editions 1 and 2 released, one of them not for commerce")
        return for_all, for_the_rest

    def _first_sales(self, shopping: str, work: str, health: str) -> None:
        stage, institute, retailer = self.stage, self.cast["institute"], self.cast["retailer"]
        with self._ago(days=40, hours=3):
            tables = [("education", "income"), ("gender", "income"), ("gender", "education")]
            stage.buy(institute, stage.keys(work, tables, "silver"), Purpose.RESEARCH)
        with self._ago(days=38, hours=7):
            tables = [("product", "brand"), ("brand", "price"), ("trips", "price")]
            stage.buy(retailer, stage.keys(shopping, tables, "gold"), Purpose.COMMERCIAL)
        with self._ago(days=33, hours=1):
            tables = [("share", "visits"), ("site", "visits"), ("year", "share")]
            stage.buy(institute, stage.keys(health, tables, "gold"), Purpose.PUBLIC)
        self.say("first sales: three orders paid on the payment page")

    def _second_editions(self, shopping: str, work: str) -> tuple[str, str]:
        self._join("a", shopping, SHOPPING, files.shopping("ketchup", 151, 300), "Ketchup, autumn")
        self._join("b", shopping, SHOPPING, files.shopping("tuna", 1501, 3093), "Tuna, autumn")
        (shopping_2,) = self.stage.close(self.cast["a"], shopping)
        for who, house in (("1", 0), ("2", 1), ("3", 2)):
            content = files.wages(house, 2016, 2018)
            self._join(who, work, WORK, content, "Interviews 2016 and 2018")
        (work_2,) = self.stage.close(self.cast["1"], work)
        self.say("second editions of shopping and of work released")
        return shopping_2, work_2

    def _later_sales(self, shopping_2: str, work_1: str, work_2: str, health_rest: str) -> None:
        stage, institute, retailer = self.stage, self.cast["institute"], self.cast["retailer"]
        with self._ago(days=18, hours=4):
            upgrade = stage.keys(work_1, [("education", "income")], "gold")
            newer = stage.keys(work_2, [("education", "income")], "gold")
            stage.buy(institute, upgrade + newer, Purpose.RESEARCH)
        with self._ago(days=9, hours=2):
            tables = [("work", "income"), ("year", "work")]
            coarse = stage.keys(work_2, tables[:1], "bronze")
            finer = stage.keys(work_2, tables[1:], "silver")
            stage.buy(retailer, coarse + finer, Purpose.COMMERCIAL)
        with self._ago(days=6, hours=5):
            tables = [("product", "price"), ("product", "trips")]
            regretted = stage.buy(
                retailer, stage.keys(shopping_2, tables, "gold"), Purpose.COMMERCIAL
            )
        with self._ago(days=4):
            stage.refund(SYSTEM, regretted)
        with self._ago(days=3, hours=6):
            tables = [("site", "visits"), ("year", "visits")]
            stage.buy(institute, stage.keys(health_rest, tables, "silver"), Purpose.RESEARCH)
        self.say("later sales: an upgrade from silver to gold, and one refund")

    def _payouts(self) -> None:
        with self._ago(days=2):
            for who, country in (("b", "FR"), ("1", "FR"), ("3", "BE"), ("x", "DE")):
                self.stage.connect(self.cast[who], country)
        with self._ago(days=1):
            tally = sending.run(sending.Paying(self.stage.db, self.stage.gateway, self.terms))
        self.say(f"payouts: {tally.sent} transfers sent")

    def _today(self, shopping: str, work: str, work_2: str) -> None:
        stage = self.stage
        with self._ago(hours=5):
            content = files.shopping("yogurt", 61, 100)
            self._join("c", shopping, SHOPPING, content, "Yogurt, autumn")
            content = files.wages(1, 2018, 2018, gaps=True)
            gaps = stage.upload(self.cast["2"], content, "Interviews 2018, as they came", work)
            stage.check(self.cast["2"], gaps, WORK.joining)
            stage.upload(self.cast["y"], files.raw_visits(200), "Study years, raw")
        with self._ago(hours=1):
            waiting = stage.keys(work_2, [("gender", "income")], "gold")
            stage.order(self.cast["institute"], waiting, Purpose.RESEARCH)
            stage.compose(
                self.cast["institute"], stage.keys(work_2, [("work",), ("gender",)], "silver")
            )
            stage.team(self.cast["institute"], "Reading room", [self.cast["retailer"]])
        operator = stage.account(LAST.email, LAST.title, LAST.role)
        stage.work()
        with stage.db.unit_of_work():
            compared = reconciliation.compare(operator, stage.gateway)
        if not compared.agrees:
            raise RuntimeError("the book and the payment provider do not agree")
        self.say(f"the book and the stand-in agree on {compared.matched} movements")
