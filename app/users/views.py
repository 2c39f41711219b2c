from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_login import (
    confirm_login,
    current_user,
    fresh_login_required,
    login_required,
    login_user,
    logout_user,
)
from werkzeug.wrappers import Response

from app.core.errors import AppError
from app.core.permissions import Role
from app.users import access_tokens, queries, service
from app.users.access_tokens import Scope
from app.users.errors import BadToken, WrongCredentials
from app.users.forms import (
    LOCALES,
    ForgotForm,
    LoginForm,
    PasswordForm,
    ProfileForm,
    ResetForm,
    SignUpForm,
    TokenForm,
)
from app.users.login import (
    SignedIn,
    current_actor,
    current_person,
    forget_session,
    just_signed_in,
    verified_actor,
)
from app.users.names import BadName
from app.web.limits import limited
from app.web.unit_of_work import writes

bp = Blueprint("users", __name__)
log = structlog.get_logger("users")
#: What follows at once when somebody has confirmed their address, in an application's extensions.
CONFIRMED = "moisson-confirmed"


def _next_page(default: str) -> str:
    """Return where to go after signing in: only ever a path of this site."""
    target = request.args.get("next", "")
    if not target.isprintable():
        return default
    parts = urlsplit(target)
    safe = target.startswith("/") and not parts.netloc and not parts.scheme
    return target if safe and not target.startswith(("//", "/\\")) else default


def _roles(form: SignUpForm | ProfileForm) -> set[Role]:
    chosen = {Role.PRODUCER: form.producer.data, Role.BUYER: form.buyer.data}
    return {role for role, wanted in chosen.items() if wanted}


def _open(email: str, password: str) -> None:
    before = current_user.session_id if current_user.is_authenticated else ""
    session_id = service.sign_in(email, password, request.user_agent.string[:80])
    if before:
        # One browser is signed in once.
        service.sign_out(before)
    view = queries.user_of_session(session_id)
    if view is not None:
        forget_session()
        login_user(SignedIn(session_id, view))
        just_signed_in()
        session["locale"] = view.locale


def _first_page() -> str:
    """Return where somebody who signed in begins: who only gives, at what they give."""
    roles = current_user.view.roles if current_user.is_authenticated else frozenset()
    gives = Role.PRODUCER in roles and not roles & {Role.BUYER, Role.OPERATOR}
    return url_for("contributions.mine" if gives else "pages.home")


@bp.route("/signup", methods=["GET", "POST"])
@limited("20/hour", ["POST"], "email")
def signup() -> str | Response | tuple[str, int]:
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            service.sign_up(
                form.email.data,
                form.password.data,
                form.display_name.data,
                _roles(form),
                str(get_locale() or "en"),
            )
            return render_template("users/check_mail.html")
        except BadName as error:
            form.display_name.errors = [error.user_message]
    return render_template("users/signup.html", form=form), (422 if form.errors else 200)


@bp.route("/login", methods=["GET", "POST"])
@limited("10/minute;60/hour", ["POST"], "email")
def login() -> str | Response | tuple[str, int]:
    form = LoginForm()
    status = 200
    if form.validate_on_submit():
        try:
            _open(form.email.data, form.password.data)
            return redirect(_next_page(_first_page()))
        except WrongCredentials as error:
            log.warning("security", refused="sign-in")
            form.password.errors = [error.user_message]
            status = 422
    return render_template("users/login.html", form=form), (422 if form.errors else status)


@bp.route("/login/again", methods=["GET", "POST"])
@login_required
@limited("10/minute;60/hour", ["POST"])
def login_again() -> str | Response | tuple[str, int]:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            service.check_password(current_person().actor, form.password.data)
            confirm_login()
            just_signed_in()
            return redirect(_next_page(url_for("users.account")))
        except WrongCredentials as error:
            form.password.errors = [error.user_message]
    return render_template("users/login_again.html", form=form), (422 if form.errors else 200)


@bp.post("/logout")
@login_required
def logout() -> Response:
    service.sign_out(current_user.session_id)
    logout_user()
    answer = redirect(url_for("pages.home"))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@bp.get("/verify/<token>")
@limited("60/hour")
@writes
def verify(token: str) -> Response:
    try:
        _confirmed(service.verify(token))
    except BadToken as error:
        flash(error.user_message, "error")
        return redirect(url_for("users.account"))
    flash(_l("Your address is confirmed. Welcome."), "success")
    return redirect(_first_page() if current_user.is_authenticated else url_for("users.login"))


@bp.post("/verify")
@login_required
@limited("5/hour")
def send_verification() -> Response:
    service.send_verification(current_actor())
    flash(_l("We have sent you a new link."), "success")
    return redirect(url_for("users.account"))


@bp.route("/password/forgot", methods=["GET", "POST"])
@limited("10/hour", ["POST"], "email", times=3)
def forgot() -> str | tuple[str, int]:
    form = ForgotForm()
    if form.validate_on_submit():
        service.forgot(form.email.data)
        return render_template("users/check_mail.html")
    return render_template("users/forgot.html", form=form), (422 if form.errors else 200)


@bp.route("/password/reset/<token>", methods=["GET", "POST"])
@limited("20/hour", ["POST"])
def reset(token: str) -> str | Response | tuple[str, int]:
    form = ResetForm()
    if form.validate_on_submit():
        _confirmed(service.reset(token, form.password.data))
        flash(_l("Your password is changed and every browser is signed out."), "success")
        return redirect(url_for("users.login"))
    return render_template("users/reset.html", form=form), (422 if form.errors else 200)


@bp.route("/account", methods=["GET", "POST"])
@login_required
def account() -> str | Response | tuple[str, int]:
    me = current_user.view
    form = ProfileForm(
        display_name=me.display_name,
        locale=me.locale,
        producer=Role.PRODUCER in me.roles,
        buyer=Role.BUYER in me.roles,
    )
    if form.validate_on_submit():
        try:
            service.change_profile(
                current_actor(), form.display_name.data, form.locale.data, _roles(form)
            )
            session["locale"] = form.locale.data
            flash(_l("Saved."), "success")
            return redirect(url_for("users.account"))
        except BadName as error:
            form.display_name.errors = [error.user_message]
    page = render_template(
        "users/account.html",
        form=form,
        sessions=queries.open_sessions(me.id),
        this_session=current_user.session_id,
    )
    return page, (422 if form.errors else 200)


@bp.post("/account/sessions/<session_id>/revoke")
@login_required
def revoke(session_id: str) -> Response:
    service.revoke(current_actor(), session_id)
    flash(_l("That browser is signed out."), "success")
    return redirect(url_for("users.account"))


@bp.route("/account/tokens", methods=["GET", "POST"])
@fresh_login_required
@limited("60/hour", methods=("POST",))
def access() -> str | Response | tuple[str, int]:
    actor = verified_actor()
    form, made = TokenForm(), ""
    if form.validate_on_submit():
        scopes = frozenset(Scope(one) for one in form.scopes.data)
        try:
            made = access_tokens.make(
                actor,
                form.name.data,
                scopes,
                int(form.days.data),
                (form.edition.data or "").strip(),
            )
            form = TokenForm(None)
        except AppError as error:
            form.name.errors = [error.user_message]
    page = render_template(
        "users/tokens.html", form=form, made=made, tokens=access_tokens.of_account(actor)
    )
    return page, (422 if form.errors else 200)


@bp.post("/account/tokens/<token_id>/end")
@fresh_login_required
def end_access(token_id: str) -> Response:
    access_tokens.end(current_actor(), token_id)
    flash(_l("That token is ended: what used it is refused from now on."), "success")
    return redirect(url_for("users.access"))


@bp.route("/language/<locale>", methods=["GET", "POST"])
def language(locale: str) -> Response:
    # A visitor follows a link: pages without a form are the same for all of them.
    if locale in dict(LOCALES):
        session["locale"] = locale
        if current_user.is_authenticated and request.method == "POST":
            service.choose_locale(current_person().actor, locale)
    return redirect(_next_page(url_for("pages.home")))


def when_confirmed(app: Flask, then: Callable[[str], None]) -> None:
    """Have something done in the request that confirms an address; it is told whose."""
    app.extensions.setdefault(CONFIRMED, []).append(then)


def _confirmed(user_id: str) -> None:
    for then in current_app.extensions.get(CONFIRMED, ()):
        then(user_id)


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
