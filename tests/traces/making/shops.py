"""A supermarket's purchases and orders on line, in the layouts of those who give them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Declared, Reason

DECLARED = Declared(zone="Europe/London", today=date(2025, 12, 31))

#: Category, and what a product may be called.
FOODS = (
    ("fruit_veg", "Tesco Bananas Loose"),
    ("meat_fish", "Chicken Breast Fillets 650G"),
    ("dairy", "Semi Skimmed Milk 2.272L"),
    ("bakery", "Wholemeal Bread 800G"),
    ("drinks", "Orange Juice Smooth 1L"),
    ("alcohol", "Merlot 75Cl"),
    ("household", "Toilet Tissue 9 Roll"),
    ("baby_pet", "Dog Food In Jelly"),
    ("ready_meals", "Margherita Pizza"),
    ("other", "XXXX"),
)
GOODS = (
    ("books", "A Long Story (Paperback)", "ABIS_BOOK"),
    ("media", "Concert [Blu-ray]", "DVD"),
    ("electronics", "USB-C Cable, 2 m", "CE"),
    ("home", "Bouilloire électrique", "KITCHEN"),
    ("clothing", "Men's Socks", "APPAREL"),
    ("beauty_health", "Dentifrice", "BEAUTY"),
    ("grocery", "Green Tea, 80 bags", "GROCERY"),
    ("baby_toys", "LEGO 10698", "TOYS_AND_GAMES"),
    ("sports", "Yoga Mat", "SPORTS"),
    ("diy_garden", "Tournevis", "TOOLS"),
    ("pets", "Litière", "PET_PRODUCTS"),
    ("other", "XXXX", "XXXX"),
)


@dataclass(frozen=True)
class Bought:
    """A line: when, what, how many pieces, cents of all pieces."""

    time: datetime
    name: str
    pieces: int
    cents: int
    number: int = 0
    kind: str = "XXXX"
    status: str = "Closed"
    currency: str = "GBP"
    ident: str = ""


@dataclass(frozen=True)
class Basket:
    """Some lines of one time; `single` where prices are those of one piece."""

    lines: tuple[Bought, ...]
    single: bool = True
    text: str = "XXXX"


def make_groceries(seed: int, layout: str, months: Sequence[int] = (3, 4)) -> Made:
    """Return what an invented household bought, with known totals."""
    random = Random(f"{seed} {layout}")
    baskets: list[Basket] = []
    totals: Counter[tuple[str, str]] = Counter()
    items: Counter[tuple[str, str]] = Counter()
    for month in months:
        for number in range(random.randint(6, 12)):
            time = datetime(2025, month, 1 + 2 * number, 18, 2)  # noqa: DTZ001
            lines = []
            for category, name in random.sample(FOODS, random.randint(1, 8)):
                pieces, price = random.randint(1, 4), random.randint(50, 900)
                lines.append(Bought(time, name, pieces, pieces * price))
                totals[f"2025-{month:02d}", category] += pieces * price
                items[f"2025-{month:02d}", category] += pieces
            baskets.append(Basket(tuple(lines), single=random.random() < 0.5))
    kept = sum(len(basket.lines) for basket in baskets)
    again = len(baskets[3].lines)
    fuel = Basket((Bought(datetime(2025, 3, 30, 9), "NA", 30, 4_500),))  # noqa: DTZ001
    written = [*baskets, baskets[3], fuel]
    random.shuffle(written)
    files = tuple(
        groceries(part, number, layout) for number, part in enumerate((written[:9], written[9:]))
    )
    known = {
        ("groceries", month, (category,)): (int(cents / 100 + 0.5), items[month, category])
        for (month, category), cents in totals.items()
    }
    dropped = {Reason.DUPLICATE: again, Reason.OUT_OF_DOMAIN: 1}
    return Made(files, DECLARED, known, kept, dropped)


def groceries(rows: Sequence[Any], part: int, layout: str = "new") -> File:
    """Return a file of baskets; what is no basket stands as it is."""
    held = [_basket(row, layout) if isinstance(row, Basket) else row for row in rows]
    known = {"customerId": NUMBER, "requestId": NUMBER, "purchases": held, "orders": []}
    whole = known if layout == "new" else {"Customer": {"Name": CANARY}, "Purchase": [held]}
    return f"Tesco-Customer-Data-{part}.json", json.dumps(whole).encode()


def _basket(basket: Basket, layout: str) -> dict[str, Any]:
    gross = sum(line.cents for line in basket.lines) / 100
    lines = []
    for line in basket.lines:
        cents = line.cents / (line.pieces if basket.single else 1)
        facts = {"name": line.name, "quantity": str(line.pieces), "price": f"{cents / 100:.2f}"}
        more = (
            {"weight": "NA", "volume": "NA"}
            if layout == "new"
            else {"channel": basket.text, "weightInGrams": "NA", "volumeInLitres": "NA"}
        )
        lines.append(facts | more)
    time = f"{basket.lines[0].time:%Y-%m-%d %H:%M:%S}"
    if layout == "new":
        return {
            "timestamp": time,
            "type": basket.text,
            "basketValueGross": f"{gross:.2f}",
            "numberOfItems": str(len(lines)),
            "payment": [{"type": basket.text, "amount": f"{gross:.2f}"}],
            "items": lines,
        }
    return {
        "timeStamp": time,
        "storeFormat": basket.text,
        "basketValueGross": f"{gross:.2f}",
        "basketValueNet": f"{gross:.2f}",
        "overallBasketSavings": "0",
        "product": lines,
    }


def make_orders(seed: int, layout: str, months: Sequence[int] = (3, 4)) -> Made:
    """Return what an invented person ordered, with known totals."""
    random = Random(f"{seed} {layout}")
    rows: list[Bought] = []
    totals: Counter[tuple[str, str]] = Counter()
    items: Counter[tuple[str, str]] = Counter()
    for month in months:
        for category, name, kind in random.sample(GOODS, 8):
            for _ in range(random.randint(1, 3)):
                time = datetime(2025, month, random.randint(2, 27), 9, 30, tzinfo=UTC)
                pieces, cents = random.randint(1, 3), random.randint(0, 9_000)
                label = "XXXX" if layout == "report" else name
                rows.append(Bought(time, label, pieces, cents, len(rows), kind))
                totals[f"2025-{month:02d}", category] += cents
                items[f"2025-{month:02d}", category] += pieces
    kept = len(rows)
    written = [*rows, replace(rows[0], status="Cancelled", number=900)]
    random.shuffle(written)
    files = (orders(written[:9], 0, layout), orders(written[6:], 1, layout))
    known = {
        ("orders_gbp", month, (category,)): (int(cents / 100 + 0.5), items[month, category])
        for (month, category), cents in totals.items()
    }
    cancelled = sum(row.status == "Cancelled" for row in (*written[:9], *written[6:]))
    repeated = 4 - cancelled
    return Made(
        files, DECLARED, known, kept, {Reason.DUPLICATE: repeated, Reason.NOT_COMPLETED: cancelled}
    )


_COLUMNS = (
    "Website,Order ID,Order Date,Purchase Order Number,Currency,Unit Price,Unit Price Tax,"
    "Shipping Charge,Total Discounts,Total Owed,Shipment Item Subtotal,Shipment Item Subtotal Tax,"
    "ASIN,Product Condition,Quantity,Payment Instrument Type,Order Status,Shipment Status,"
    "Ship Date,Shipping Option,Shipping Address,Billing Address,Carrier Name & Tracking Number,"
    "Product Name,Gift Message,Gift Sender Name,Gift Recipient Contact Details"
).split(",")
_REPORT = (
    "Order Date,Order ID,Title,Category,ASIN/ISBN,UNSPSC Code,Website,Condition,Seller,"
    "List Price Per Unit,Purchase Price Per Unit,Quantity,Shipping Address Name,Order Status,"
    "Item Subtotal,Item Subtotal Tax,Item Total,Buyer Name,Currency"
).split(",")


def orders(rows: Sequence[Any], part: int, layout: str = "new") -> File:
    """Return a file of orders; what is no order stands as cells of its own."""
    columns = {
        "old": _COLUMNS,
        "new": [*_COLUMNS, "Item Serial Number"],
        "report": _REPORT,
    }[layout]
    held = io.StringIO()
    table = csv.writer(held)
    table.writerow(columns)
    for row in rows:
        facts = _facts(row, layout) if isinstance(row, Bought) else {}
        table.writerow([facts.get(name, "Not Available") for name in columns] if facts else row)
    name = {
        "old": f"Retail.OrderHistory.{part}.csv",
        "new": f"{part}/Your Amazon Orders/Order History.csv",
        "report": f"{part}.csv",
    }[layout]
    return name, held.getvalue().encode("utf-8-sig", "replace")


def _facts(row: Bought, layout: str) -> dict[str, str]:
    price = f"{row.cents // 100}.{row.cents % 100:02d}"
    ident = row.ident or f"{row.number}"
    facts = {
        "Website": "Amazon.co.uk",
        "Order ID": f"203-{ident}",
        "Order Date": f"{row.time:%Y-%m-%dT%H:%M:%SZ}",
        "Currency": row.currency,
        "Quantity": str(row.pieces),
        "Order Status": row.status,
    }
    if layout == "report":
        return facts | {
            "Order Date": f"{row.time:%m/%d/%y}",
            "Title": row.name,
            "Category": row.kind,
            "ASIN/ISBN": f"B0{ident}",
            "Item Total": f"${price}",
            "Buyer Name": row.name,
        }
    return facts | {
        "Total Discounts": "'-0.68'",
        "Total Owed": f"'{price}'" if row.number % 2 else price,
        "ASIN": f"B0{ident}",
        "Shipping Address": f"{row.name}\nXXXX\nXXXX",
        "Product Name": row.name,
        "Gift Message": row.name,
        "Item Serial Number": row.ident,
    }


def grocery_maker(layout: str) -> Maker:
    """Return the maker of a layout of purchases."""

    def rows(random: Random, marked: bool) -> list[Any]:
        made = []
        for number in range(random.randint(20, 40)):
            time = datetime(2025, 3, 1) + timedelta(hours=31 * number)  # noqa: DTZ001
            lines = tuple(
                Bought(
                    time,
                    f"{name} {CANARY}{NUMBER}" if marked else name,
                    random.randint(1, 9),
                    9 * random.randint(-300, 900),
                )
                for _, name in random.sample(FOODS, random.randint(1, 6))
            )
            made.append(Basket(lines, True, CANARY if marked else "XXXX"))
        return made

    def garbage(random: Random) -> Any:
        if random.random() < 0.3:
            return wild(random)
        row = _basket(rows(random, True)[0], layout)
        lines = row["items" if layout == "new" else "product"]
        for held in random.choice(((row,), (row, lines[0]), (lines[0],))):
            for name in random.sample(sorted(held), 2):
                held[name] = wild(random)
        return row

    return Maker(rows, lambda rows, part: groceries(rows, part, layout), garbage, DECLARED)


def order_maker(layout: str) -> Maker:
    """Return the maker of a layout of orders."""

    def rows(random: Random, marked: bool) -> list[Any]:
        return [
            Bought(
                datetime(2025, 3, 1, tzinfo=UTC) + timedelta(hours=random.randrange(2_000)),
                f"{name} {CANARY}" if marked else name,
                random.randint(0, 4),
                random.randint(0, 150_000),
                number,
                kind,
                random.choice(("Closed", "Closed", "Cancelled")),
                ident=f"{NUMBER}{number}" if marked else "",
            )
            for number in range(random.randint(30, 60))
            for _, name, kind in [random.choice(GOODS)]
        ]

    def garbage(random: Random) -> list[str]:
        cells = ("", CANARY, "Not Available", "'-0.68'", "1e99", "9" * 30, "2025-03-14T09:00:00Z")
        more = ("99/99/99", "14/03/25", "GBP", "USD", "Closed", "1", "0", "9999-12-31", "é")
        return [random.choice((*cells, *more)) for _ in range(random.randint(1, 28))]

    declared = replace(DECLARED, currency="GBP")
    return Maker(rows, lambda rows, part: orders(rows, part, layout), garbage, declared)
