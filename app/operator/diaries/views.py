from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from app.collections import diary_openings
from app.collections.diary_openings import DrawnUp
from app.collections.errors import DiaryRefused
from app.collections.templates import words_of
from app.core.permissions import Actor, Role, require
from app.operator.diaries.forms import DiaryForm, at_first
from app.users.login import current_actor
from app.web.limits import limited
from traces.diary import UNSAID

bp = Blueprint("own_diaries", __name__, url_prefix="/operator/diaries")


def _operator() -> Actor:
    actor = current_actor()
    require(actor, Role.OPERATOR)
    return actor


@bp.get("")
@login_required
def listed() -> str:
    return render_template(
        "operator/diaries.html", diaries=diary_openings.written(_operator()), words=words_of
    )


@bp.route("/new", methods=["GET", "POST"])
@login_required
@limited("240/hour", ["POST"])
def new() -> str | Response | tuple[str, int]:
    actor = _operator()
    form = DiaryForm(data=at_first())
    # "Back to the form" brings what was typed, right or wrong, and asks for nothing.
    if request.method == "GET" or "back" in request.form:
        return _page(form)
    drawn = _drawn_up(actor, form)
    if drawn is None:
        return _page(form), 422
    if "open" in request.form:
        try:
            key = diary_openings.open_diary(actor, drawn)
        except DiaryRefused as error:
            form.refuse(error.place, error.user_message)
            return _page(form), 422
        flash(_("The diary %(key)s is open.", key=key), "success")
        return redirect(url_for("own_diaries.listed"))
    return render_template(
        "operator/diary_preview.html",
        form=form,
        drawn=drawn,
        words=words_of,
        unsaid=UNSAID,
        guesses=drawn.rules.guesses,
    )


@bp.post("/<diary_key>/close")
@login_required
@limited("60/hour")
def close(diary_key: str) -> Response:
    diary_openings.close(_operator(), diary_key)
    flash(_("The diary %(key)s is closed.", key=diary_key), "success")
    return redirect(url_for("own_diaries.listed"))


def _page(form: DiaryForm) -> str:
    page: str = render_template("operator/diary_new.html", form=form)
    return page


def _drawn_up(actor: Actor, form: DiaryForm) -> DrawnUp | None:
    """Return the typed diary, once it could be opened; None with errors in the form."""
    if not form.validate():
        return None
    try:
        return diary_openings.draw_up(actor, form.name, form.facts())
    except DiaryRefused as error:
        form.refuse(error.place, error.user_message)
        return None


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
