from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.errors import Conflict, Invalid
from app.core.permissions import Role
from app.core.written import LONGEST, SHORTEST
from app.questions import queries, service
from app.releases import queries as releases
from app.users.login import current_actor
from app.web.limits import limited

bp = Blueprint("questions", __name__)


@bp.post("/catalogue/<edition_id>/question")
@login_required
@limited("20/hour")
def ask(edition_id: str) -> Response | tuple[str, int]:
    text = request.form.get("text", "")
    try:
        service.ask(current_actor(), edition_id, text)
    except (Invalid, Conflict) as error:
        view = releases.release(edition_id)
        page = render_template(
            "questions/again.html", view=view, text=text, problem=error.user_message
        )
        return page, error.status
    flash(_("Your question is sent. The answer comes to “Questions”, and by e-mail."), "success")
    return redirect(url_for("catalog.release", edition_id=edition_id))


@bp.get("/questions")
@login_required
def listed() -> str:
    actor = current_actor()
    return render_template(
        "questions/listed.html",
        asked=queries.asked_by(actor.user_id),
        to_answer=queries.asked_of(actor),
        names_askers=actor.has(Role.OPERATOR),
    )


@bp.post("/questions/<question_id>/answer")
@login_required
@limited("60/hour")
def answer(question_id: str) -> Response:
    service.answer(current_actor(), question_id, request.form.get("text", ""))
    flash(_("Your answer is sent."), "success")
    return redirect(url_for("questions.listed"))


def install(app: Flask) -> None:
    """Add these pages to an application, and how long a question may be to those that ask."""
    app.register_blueprint(bp)
    bounds = {"shortest": SHORTEST, "longest": LONGEST}
    app.context_processor(lambda: {"question_length": bounds})
