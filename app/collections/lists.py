"""Lists of categories that the market keeps: what a field knows before anybody brings a file."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class MarketList:
    """A public list of categories.

    Attributes
    ----------
    key : str
    title
        In the reader's language.
    values : tuple of str
        As they are published, and as a file has to write them.
    source : str
        Who made the list.
    """

    key: str
    title: Any
    values: tuple[str, ...]
    source: str


EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
LISTS = (
    MarketList("yes-no", _l("Yes or no"), ("yes", "no"), "an answer to a closed question"),
    MarketList(
        "oui-non", _l("Yes or no, in French"), ("oui", "non"), "réponse à une question fermée"
    ),
    MarketList(
        "agreement",
        _l("Agreement, from 1 to 5"),
        ("1", "2", "3", "4", "5"),
        "Likert (1932), five points",
    ),
    MarketList(
        "sex",
        _l("Sex, in numbers"),
        ("0", "1", "2", "9"),
        "ISO/IEC 5218: 0 not known, 1 male, 2 female, 9 not applicable",
    ),
    MarketList(
        "age-groups",
        _l("Age, in broad groups"),
        ("0-14", "15-24", "25-49", "50-64", "65-79", "80+"),
        "broad age groups of Eurostat's population statistics",
    ),
    MarketList(
        "education",
        _l("Education, in levels"),
        tuple(f"ISCED {level}" for level in range(9)),
        "ISCED 2011, UNESCO: 0 early childhood to 8 doctoral",
    ),
    MarketList(
        "spending",
        _l("What money is spent on"),
        (
            "food and soft drinks",
            "alcohol and tobacco",
            "clothing and footwear",
            "housing and energy",
            "furnishings and household",
            "health",
            "transport",
            "communication",
            "recreation and culture",
            "education",
            "restaurants and hotels",
            "other goods and services",
        ),
        "the twelve divisions of COICOP 1999, United Nations",
    ),
    MarketList(
        "economy",
        _l("Branches of the economy"),
        tuple("ABCDEFGHIJKLMNOPQRSTU"),
        "sections of NACE Rev. 2, Eurostat",
    ),
    MarketList(
        "transport",
        _l("Means of transport"),
        (
            "walking",
            "bicycle",
            "motorcycle",
            "car",
            "taxi",
            "bus or coach",
            "tram or metro",
            "train",
            "boat",
            "plane",
        ),
        "modes of Eurostat's guidelines on passenger mobility statistics",
    ),
    MarketList(
        "transports",
        _l("Means of transport, in French"),
        (
            "marche",
            "vélo",
            "deux-roues motorisé",
            "voiture",
            "taxi",
            "bus ou car",
            "tram ou métro",
            "train",
            "bateau",
            "avion",
        ),
        "modes des lignes directrices d'Eurostat sur la mobilité des voyageurs",
    ),
    MarketList(
        "paiement",
        _l("Means of payment, in French"),
        ("espèces", "carte", "téléphone", "virement", "prélèvement", "chèque"),
        "moyens de paiement de l'étude SPACE de la BCE",
    ),
    MarketList(
        "repas",
        _l("Meals of a day, in French"),
        ("petit déjeuner", "déjeuner", "dîner", "en-cas"),
        "prises alimentaires des enquêtes de consommation",
    ),
    MarketList(
        "payment",
        _l("Means of payment"),
        ("cash", "card", "mobile device", "credit transfer", "direct debit", "cheque"),
        "instruments of the ECB's study on payment attitudes (SPACE)",
    ),
    MarketList(
        "meals",
        _l("Meals of a day"),
        ("breakfast", "lunch", "dinner", "snack"),
        "eating occasions of usual dietary surveys",
    ),
    MarketList(
        "eu",
        _l("Member states of the European Union"),
        tuple(EU.split()),
        "the 27 member states since 2020, ISO 3166-1 codes",
    ),
    MarketList(
        "french-regions",
        _l("Regions of France"),
        tuple("01 02 03 04 06 11 24 27 28 32 44 52 53 75 76 84 93 94".split()),
        "the 18 regions since 2016, codes of INSEE's Code officiel géographique",
    ),
)
BY_KEY = {each.key: each for each in LISTS}
#: Bounds to choose from: round numbers, so that none is read off a file.
_ROUND = [step * 10**power for power in range(6) for step in (1, 2, 5)]
ROUND_NUMBERS = (*(-number for number in reversed(_ROUND)), 0, *_ROUND)
