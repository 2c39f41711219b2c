"""Errors of the pure libraries and the doors, in the reader's language.

Those parts know nothing of languages: each of their errors has English words in
`user_message`. They are listed here so that they are translated with everything else.
"""

from typing import Protocol

from flask_babel import gettext


def N_(text: str) -> str:  # noqa: N802 (the customary name of a marker)
    """Mark a text for translation."""
    return text


TEXTS = (
    # pricing
    N_("This price could not be worked out."),
    N_("This is not an amount of money we can use."),
    N_("Amounts in different currencies cannot be added."),
    N_("The description of this table is not consistent."),
    N_("This price book cannot be published."),
    N_("Choose at least one table."),
    N_("This edition holds too few people to be sold."),
    N_("This amount could not be shared."),
    # payments
    N_("The payment service could not do this."),
    N_("The payment service refused this."),
    N_("The money is not available yet; we will try again."),
    N_("The payment service did not answer. Nothing is lost; please try again."),
    N_("The payment service has seen this request in another form."),
    N_("This message could not be verified."),
)


class Worded(Protocol):
    """An error with words for people."""

    @property
    def user_message(self) -> str:
        """What may be shown."""


def in_words(error: Worded) -> str:
    """Return what an error says, in the reader's language; translated words stay as they are."""
    return str(gettext(error.user_message))
