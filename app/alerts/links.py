"""The link in an alert's e-mail that ends it without signing in: by a button, or by one request.

Opening it changes nothing: programs that look through e-mail open every link.
"""

from app.users import tokens

#: E-mails are kept, and an alert may be ended, for years.
LIFE_SECONDS = 3 * 366 * 24 * 3600
END = "end-alert"


def ending(site: str, user_id: str, alert_id: str) -> str:
    """Return the address that ends one alert."""
    return f"{site}/alerts/end/{tokens.made(END, user_id, alert_id)}"


def ended_by(token: str) -> tuple[str, str]:
    """Return whose alert a link ends, and which.

    Raises
    ------
    app.users.errors.BadToken
    """
    return tokens.read(END, token, LIFE_SECONDS)
