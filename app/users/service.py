from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, select, update

from app.core import audit
from app.core.batches import batched
from app.core.clock import now
from app.core.db import checkpoint, fact, new_id, session
from app.core.dialects import hold_alone, hold_person
from app.core.erased import ErasedList, Erasure
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Role, require, require_owner
from app.users import letters, names, passwords, teams, tokens
from app.users.errors import BadToken, WrongCredentials
from app.users.letters import Kind
from app.users.models import AccessToken, User, UserSession

VERIFY_SECONDS = 3 * 24 * 3600
#: So many accounts are asked for in one query.
AT_ONCE = 500

#: Of the account that owns what is the market's own.
MARKET_ID = "0" * 31 + "1"


def sign_up(
    email: str, password: str, display_name: str, roles: set[Role], locale: str
) -> str | None:
    """Create an account and e-mail the link that verifies its address.

    An address that already has an account gets another e-mail instead of an error, so that
    nobody learns from the form who has an account.

    Returns
    -------
    str or None
        The new account's identifier, None when the address was known.
    """
    # As much for an address that is known, and before anything is locked.
    name = names.checked(display_name)
    kept = _hashed(password)
    # Of two requests with one address the second waits, and finds the account of the first.
    hold_alone([f"address:{_normal(email)}"])
    known = session().scalar(select(User.id).where(User.email == _normal(email)))
    if known is not None:
        letters.ask(Kind.KNOWN, known)
        return None
    user = _open(email, kept, name, roles, locale)
    letters.ask(Kind.VERIFY, user.id)
    return user.id


def open_account(
    actor: Actor, email: str, password: str, display_name: str, roles: set[Role], locale: str
) -> str:
    """Create an account whose address is confirmed already, without an e-mail.

    Raises
    ------
    Forbidden
        To everybody but the operator and the market itself.
    Conflict
        When there is an account with this address.
    """
    require(actor, Role.OPERATOR)
    kept = _hashed(password)
    if session().scalar(select(User.id).where(User.email == _normal(email))) is not None:
        raise Conflict(_l("There is an account with this address already."))
    # Whoever opens it knows whose name it is.
    user = _open(email, kept, names.checked(display_name, operator=True), roles, locale)
    mark_verified(actor, user.id)
    if Role.OPERATOR in roles:
        make_operator(actor, user.email)
    return user.id


def _hashed(password: str) -> str:
    """Return what is kept of a password, with nothing locked meanwhile."""
    kept = passwords.present()
    checkpoint()
    return kept.keep(password)


def _open(email: str, kept: str, display_name: str, roles: set[Role], locale: str) -> User:
    user = User(
        id=new_id(),
        email=_normal(email),
        display_name=display_name,
        password_hash=kept,
        locale=locale,
        producer=Role.PRODUCER in roles,
        buyer=Role.BUYER in roles,
    )
    session().add(user)
    session().flush()
    audit.record(user.id, "sign-up", "user", user.id)
    return user


def _normal(email: str) -> str:
    return email.strip().lower()


def open_invented(actor: Actor, email: str) -> str:
    """Open an account of an invented person, to which nobody can sign in.

    Raises
    ------
    Forbidden
    """
    require(actor, Role.OPERATOR)
    user = _open(email, "", "", {Role.PRODUCER}, "en")
    user.verified_at = now()
    return user.id


def offer_too(actor: Actor) -> None:
    """Let an account that only bought until now offer data, too."""
    session().get_one(User, actor.user_id).producer = True
    audit.record(actor.user_id, "offer-too", "user", actor.user_id)


def market_account() -> str:
    """Return the account that the market's own collections belong to; nobody can sign in to it."""
    if session().get(User, MARKET_ID) is None:
        session().add(
            User(
                id=MARKET_ID,
                email="market@invalid",
                display_name="",
                password_hash="",
                locale="en",
                verified_at=now(),
                identified_at=now(),
            )
        )
        session().flush()
    return MARKET_ID


def send_verification(actor: Actor) -> None:
    """E-mail the link that verifies the address again."""
    letters.ask(Kind.VERIFY, actor.user_id)


def verify(token: str) -> str:
    """Mark an address as verified; return whose it is.

    Raises
    ------
    BadToken
    """
    user_id, email = tokens.read(Kind.VERIFY, token, VERIFY_SECONDS)
    user = session().get(User, user_id)
    if user is None or user.email != email:
        raise BadToken(_l("This link is no longer valid. Ask for a new one from your account."))
    if user.verified_at is None:
        user.verified_at = now()
        audit.record(user.id, "verify-address", "user", user.id)
    return user.id


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
    chosen = select(User).where(User.email == _normal(email), User.closed_at.is_(None))
    found = session().scalars(chosen).one_or_none()
    # An account to which nobody signs in has none.
    stored = (found.password_hash or None) if found else None
    kept = passwords.present()
    # To check a password takes long: nothing is locked meanwhile.
    checkpoint()
    fits = kept.fits(stored, password)
    again = kept.keep(password) if fits and stored and kept.outdated(stored) else None
    # Held: a new password or a suspension that comes now waits, or has come before.
    held = chosen.with_for_update().execution_options(populate_existing=True)
    user = session().scalars(held).one_or_none()
    if not fits or user is None or user.password_hash != stored:
        raise WrongCredentials(_l("This address and this password do not fit together."))
    if user.suspended_at is not None:
        raise WrongCredentials(_l("This account is suspended. Please write to the operator."))
    if again is not None:
        user.password_hash = again
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


def forgot(email: str) -> None:
    """E-mail a link to choose a new password, if there is such an account."""
    chosen = select(User.id).where(User.email == _normal(email), User.closed_at.is_(None))
    letters.ask(Kind.RESET, session().scalar(chosen))


def reset(token: str, password: str) -> str:
    """Set a new password and sign every browser out; return whose it is.

    Raises
    ------
    BadToken
    """
    user_id, fingerprint = tokens.read(Kind.RESET, token, int(letters.RESET_LIFE.total_seconds()))
    kept = _hashed(password)
    user = session().get(User, user_id, with_for_update=True)
    if user is None or user.closed_at is not None or letters.fingerprint(user) != fingerprint:
        raise BadToken(_l("This link was used or is no longer valid. Ask for a new one."))
    user.password_hash = kept
    # Whoever opened the link reads that inbox.
    user.verified_at = user.verified_at or now()
    _end_sessions(user.id)
    audit.record(user.id, "reset-password", "user", user.id)
    return user.id


def check_password(actor: Actor, password: str) -> None:
    """Check the password again, before something that cannot be undone.

    Raises
    ------
    WrongCredentials
    """
    stored, kept = session().get_one(User, actor.user_id).password_hash, passwords.present()
    checkpoint()
    if not kept.fits(stored, password):
        raise WrongCredentials(_l("This is not your password."))


def change_profile(actor: Actor, display_name: str, locale: str, roles: set[Role]) -> None:
    """Change one's public name, language and roles; nobody makes themselves operator."""
    user = session().get_one(User, actor.user_id)
    user.display_name = names.checked(display_name, user.id, operator=user.operator)
    user.locale = locale
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


def mark_identified(user_id: str) -> None:
    """Note that the payment provider knows who has an account."""
    row = session().get_one(User, user_id)
    row.identified_at = row.identified_at or now()


def suspend(actor: Actor, user_id: str, reason: str, *, lift: bool = False) -> None:
    """Let nobody sign in to an account until that is lifted; its sessions end.

    Raises
    ------
    Forbidden, NotFound
    """
    require(actor, Role.OPERATOR)
    user = session().get(User, user_id, with_for_update=True)
    if user is None or user.closed_at is not None or user.operator:
        raise NotFound(_l("There is no such account."))
    user.suspended_at = None if lift else user.suspended_at or now()
    if not lift:
        _end_sessions(user.id)
    done = "lift-suspension" if lift else "suspend"
    audit.record(actor.user_id, done, "user", user_id, reason=reason)


def _end_sessions(user_id: str) -> None:
    """Sign every browser out, and end every token."""
    for table in (UserSession, AccessToken):
        session().execute(
            update(table)
            .where(table.user_id == user_id, table.revoked_at.is_(None))
            .values(revoked_at=now())
        )


def hold_open(user_id: str) -> None:
    """Let nobody close an account until the unit of work ends, nor write what it has one of.

    Raises
    ------
    NotFound
        It was closed since its owner began: nothing of theirs may come in after that.
    """
    hold_person(user_id)
    # Asked of the database: what this unit of work has read may be what was.
    still_open = select(User.id).where(User.id == user_id, User.closed_at.is_(None))
    if session().scalar(still_open) is None:
        raise NotFound(_l("There is no such page, or it is not yours."))


def open_among(connection: Connection, user_ids: Collection[str]) -> frozenset[str]:
    """Return which of many accounts are open."""
    found: set[str] = set()
    for some in batched(sorted(user_ids), AT_ONCE):
        chosen = select(User.id).where(User.id.in_(some), User.closed_at.is_(None))
        found.update(connection.scalars(chosen))
    return frozenset(found)


def close(actor: Actor) -> None:
    """Close one's account: its name and address are erased, its sessions end.

    The identifier stays, because the book of money must stay readable.
    """
    user = session().get_one(User, actor.user_id)
    teams.forget_address(user.email)
    user.email, user.display_name = f"closed-{user.id}@invalid", ""
    user.password_hash, user.closed_at = "", now()
    _end_sessions(user.id)
    # Which browsers somebody used says something about them, too.
    session().execute(update(UserSession).where(UserSession.user_id == user.id).values(browser=""))
    fact(ErasedList).note(Erasure.ACCOUNT, user.id)
    audit.record(actor.user_id, "close-account", "user", user.id)
