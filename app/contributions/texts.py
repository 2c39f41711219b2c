"""What units are called, what is asked, and why records were dropped, in the reader's language."""

from flask_babel import format_currency, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.web.filters import number
from traces.reasons import Reason

#: A number with its unit, short, where a sentence or a table holds it.
AMOUNTS = {
    "minutes per day": _l("%(n)s min per day"),
    "minutes per night": _l("%(n)s min per night"),
    "minutes per month": _l("%(n)s min"),
    "minutes": _l("%(n)s min"),
    "hours per month": _l("%(n)s h"),
    "kWh per day": _l("%(n)s kWh per day"),
    "kWh per hour": _l("%(n)s kWh per hour"),
    "kilometres per day": _l("%(n)s km per day"),
    "kilometres per month": _l("%(n)s km"),
    "steps per day": _l("%(n)s per day"),
    "titles per day": _l("%(n)s per day"),
    "videos per day": _l("%(n)s per day"),
    "searches per day": _l("%(n)s per day"),
    "trips per day": _l("%(n)s per day"),
    "euros per hour online": _l("€%(n)s per hour"),
    "%": _l("%(n)s%%"),
    "points of 5": _l("%(n)s out of 5"),
}
#: Units that are written as money.
CURRENCIES = {"EUR per month": "EUR", "euros per month": "EUR", "pounds per month": "GBP"}

#: What a file may leave open, by the question's kind.
QUESTIONS = {
    "profile": _l("Which profile is yours?"),
    "account": _l("Which account is yours?"),
    "currency": _l("Which currency?"),
    "date_order": _l("How are dates written in this file?"),
    "unit": _l("Which unit?"),
}
#: Answers that are not to be read as they stand.
ANSWERS = {
    "EUR": _l("euros"),
    "GBP": _l("pounds"),
    "XXX": _l("another currency"),
    "dmy": _l("day, month, year"),
    "mdy": _l("month, day, year"),
    "ymd": _l("year, month, day"),
}
OTHER_CURRENCY = _l("The amounts in this file are in a currency that we do not collect yet.")
NOTHING_FOUND = _l("We read this file, but found nothing in it that we collect. Is it empty?")


def looks_like(title: str) -> str:
    """Say that a file belongs to another family."""
    return str(_("This looks like a file for “%(title)s”.", title=title))


def go_to(title: str) -> str:
    """Name the way to the page of another family."""
    return str(_("Go to “%(title)s”", title=title))


def euros(value: float, *, cents: bool = False) -> str:
    """Write an amount in euros that was worked out from rounded cells."""
    return money(value, "EUR", cents=cents)


def money(value: float, currency: str, *, cents: bool = False) -> str:
    """Write an amount that was worked out from rounded cells: whole, with cents below ten."""
    digits = "0.00" if cents or 0 < abs(value) < 10 else "0"
    locale = get_locale()
    french = locale is not None and locale.language == "fr"
    pattern = f"#,##{digits}\xa0¤" if french else f"¤#,##{digits}"
    return str(format_currency(float(value), currency, pattern, currency_digits=False))


def amount_of(unit: str, value: float) -> str:
    """Return a number with its unit, short."""
    if unit in CURRENCIES:
        return money(value, CURRENCIES[unit])
    return str(AMOUNTS.get(unit, "%(n)s")) % {"n": number(float(value))}


#: By the reason's key; one without words here is told in English.
REASONS = {
    "advertisement": _l("An advertisement was shown: you did not choose it."),
    "ambiguous_date": _l("The date can be read in two ways."),
    "card_total": _l("The line sums up card payments that are listed one by one."),
    "clipped": _l("The number was outside the limits of the table and was set to the limit."),
    "duplicate": _l("The same record was already read."),
    "foreign_unit": _l("The unit is not one that we read."),
    "future": _l("The date lies in the future."),
    "missing": _l("The file has no value at this place."),
    "not_completed": _l("The payment or the trip was not completed."),
    "not_needed": _l("No table asks for this file."),
    "no_data": _l("The file is valid and holds no records."),
    "other_account": _l("The record belongs to an account that you did not choose."),
    "other_currency": _l("The amount is in another currency."),
    "other_profile": _l("The record belongs to another profile."),
    "out_of_domain": _l("The record holds a value that the table does not have."),
    "own_transfer": _l("The money moved between your own accounts."),
    "private_session": _l("You were in a private session."),
    "production": _l("The record is energy that you produced."),
    "too_many_cells": _l("The month had more cells than one person may give."),
    "too_short": _l("The record was too short to count."),
    "trailer": _l("The record is a trailer, a preview or a footer."),
    "unknown_header": _l("The columns of the file are not those that we know."),
    "unmatched": _l("What the amount is divided by is not in your files for that month."),
    "unreadable": _l("The record could not be read."),
}


def reason_of(reason: Reason) -> str:
    """Return why records were dropped."""
    return str(REASONS.get(reason.value, reason.sentence))
