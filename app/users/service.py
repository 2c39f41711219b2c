import hashlib
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select, update

from app.core import audit, mail
from app.core.clock import now
from app.core.db import new_id, session
from app.core.errors import NotFound
from app.core.permissions import Actor, Role, require, require_owner
from app.users import passwords
from app.users.errors import BadToken, WrongCredentials
from app.users.models import User, UserSession

VERIFY_SECONDS = 3 * 24 * 3600
RESET_SECONDS = 3600


@dataclass(frozen=True)
class Letters:
    """What messages need from the settings: sender, address of the site, signing key."""

    sender: str
    base_url: str
    key: str


def sign_up(
    letters: Letters, email: str, password: str, display_name: str, roles: set[Role], locale: str
) -> str | None:
    """Open an account and send the letter that verifies its address.

    An address that already has an account gets a letter instead of an error, so that
    nobody learns from the form who has an account.

    Returns
    -------
    str or None
        The new account's identifier, None when the address was known.
    """
    address = email.strip().lower()
    if session().scalar(select(User.id).where(User.email == address)):
        mail.send(
            letters.sender,
            address,
            _("Your Moisson account"),
            _(
                "Somebody, perhaps you, tried to open an account with this address. "
                "You already have one: sign in, or choose a new password, at %(url)s",
                url=f"{letters.base_url}/login",
            ),
        )
        return None
    user = User(
        id=new_id(),
        email=address,
        display_name=display_name.strip(),
        password_hash=passwords.present().keep(password),
        locale=locale,
        producer=Role.PRODUCER in roles,
        buyer=Role.BUYER in roles,
    )
    session().add(user)
    session().flush()
    audit.record(user.id, "sign-up", "user", user.id)
    _send_verification(letters, user)
    return user.id


def send_verification(letters: Letters, actor: Actor) -> None:
    """Send the verification letter again."""
    _send_verification(letters, session().get_one(User, actor.user_id))


def _send_verification(letters: Letters, user: User) -> None:
    token = _serializer(letters, "verify").dumps([user.id, user.email])
    mail.send(
        letters.sender,
        user.email,
        _("Confirm your address for Moisson"),
        _(
            "Welcome to Moisson. Open this address to confirm that this mailbox is yours: "
            "%(url)s\n\nThe link works for three days.",
            url=f"{letters.base_url}/verify/{token}",
        ),
    )


def verify(letters: Letters, token: str) -> None:
    """Mark an address as verified.

    Raises
    ------
    BadToken
    """
    user_id, email = _read(letters, "verify", token, VERIFY_SECONDS)
    user = session().get(User, user_id)
    if user is None or user.email != email:
        raise BadToken(_l("This link is no longer valid. Ask for a new one from your account."))
    if user.verified_at is None:
        user.verified_at = now()
        audit.record(user.id, "verify-address", "user", user.id)


def sign_in(email: str, password: str, browser: str) -> str:
    """Check a password and open a session.

    Returns
    -------
    str
        The session's identifier.

    Raises
    ------
    WrongCredentials
    """
    chosen = select(User).where(User.email == email.strip().lower(), User.closed_at.is_(None))
    user = session().scalars(chosen).one_or_none()
    kept = passwords.present()
    if not kept.fits(user.password_hash if user else None, password) or user is None:
        raise WrongCredentials(_l("This address and this password do not fit together."))
    if kept.outdated(user.password_hash):
        user.password_hash = kept.keep(password)
    opened = UserSession(id=new_id(), user_id=user.id, browser=browser[:80])
    session().add(opened)
    session().flush()
    audit.record(user.id, "sign-in", "session", opened.id)
    return opened.id


def sign_out(session_id: str) -> None:
    """Revoke one session."""
    found = session().get(UserSession, session_id)
    if found is not None and found.revoked_at is None:
        found.revoked_at = now()


def revoke(actor: Actor, session_id: str) -> None:
    """Sign one of one's own browsers out.

    Raises
    ------
    NotFound
    """
    found = session().get(UserSession, session_id)
    if found is None:
        raise NotFound(_l("This page does not exist, or it is not yours."))
    require_owner(actor, found.user_id)
    sign_out(session_id)
    audit.record(actor.user_id, "revoke-session", "session", session_id)


def forgot(letters: Letters, email: str) -> None:
    """Send a letter to choose a new password, if there is such an account."""
    chosen = select(User).where(User.email == email.strip().lower(), User.closed_at.is_(None))
    user = session().scalars(chosen).one_or_none()
    if user is None:
        return
    token = _serializer(letters, "reset").dumps([user.id, _fingerprint(user)])
    mail.send(
        letters.sender,
        user.email,
        _("Choose a new password for Moisson"),
        _(
            "Open this address to choose a new password: %(url)s\n\n"
            "The link works for one hour, once. If you did not ask for it, do nothing.",
            url=f"{letters.base_url}/password/reset/{token}",
        ),
    )


def reset(letters: Letters, token: str, password: str) -> None:
    """Set a new password and sign every browser out.

    Raises
    ------
    BadToken
    """
    user_id, fingerprint = _read(letters, "reset", token, RESET_SECONDS)
    user = session().get(User, user_id)
    if user is None or user.closed_at is not None or _fingerprint(user) != fingerprint:
        raise BadToken(_l("This link was used or is no longer valid. Ask for a new one."))
    user.password_hash = passwords.present().keep(password)
    # Whoever read the letter owns the mailbox.
    user.verified_at = user.verified_at or now()
    session().execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    audit.record(user.id, "reset-password", "user", user.id)


def check_password(actor: Actor, password: str) -> None:
    """Check the password again, before something that cannot be undone.

    Raises
    ------
    WrongCredentials
    """
    user = session().get_one(User, actor.user_id)
    if not passwords.present().fits(user.password_hash, password):
        raise WrongCredentials(_l("This is not your password."))


def change_profile(actor: Actor, display_name: str, locale: str, roles: set[Role]) -> None:
    """Change one's public name, language and roles; nobody makes themselves operator."""
    user = session().get_one(User, actor.user_id)
    user.display_name, user.locale = display_name.strip(), locale
    user.producer, user.buyer = Role.PRODUCER in roles, Role.BUYER in roles
    audit.record(actor.user_id, "change-profile", "user", user.id)


def choose_locale(actor: Actor, locale: str) -> None:
    """Remember the language an account reads in."""
    session().get_one(User, actor.user_id).locale = locale


def make_operator(actor: Actor, email: str) -> None:
    """Let an account run the market.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.OPERATOR)
    user = session().scalars(select(User).where(User.email == email.lower())).one_or_none()
    if user is None:
        raise NotFound(_l("There is no account with this address."))
    user.operator = True
    audit.record(actor.user_id, "make-operator", "user", user.id)


def mark_verified(actor: Actor, user_id: str) -> None:
    """Confirm an address without a letter: for accounts the operator creates."""
    require(actor, Role.OPERATOR)
    session().get_one(User, user_id).verified_at = now()
    audit.record(actor.user_id, "mark-verified", "user", user_id)


def close(actor: Actor) -> None:
    """Close one's account: its name and address are erased, its sessions end.

    The identifier stays, because the book of money must stay readable.
    """
    user = session().get_one(User, actor.user_id)
    user.email, user.display_name = f"closed-{user.id}@invalid", ""
    user.password_hash, user.closed_at = "", now()
    session().execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    audit.record(actor.user_id, "close-account", "user", user.id)


def _serializer(letters: Letters, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(letters.key, salt=f"moisson-{purpose}")


def _read(letters: Letters, purpose: str, token: str, seconds: int) -> tuple[str, str]:
    try:
        first, second = _serializer(letters, purpose).loads(token, max_age=seconds)
    except (BadSignature, ValueError, TypeError):
        raise BadToken(_l("This link is too old or incomplete. Ask for a new one.")) from None
    return str(first), str(second)


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
