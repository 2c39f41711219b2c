from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user, fresh_login_required, login_required
from werkzeug.wrappers import Response

from app.core import audit
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Actor
from app.rights import teams as closing
from app.teams import reach
from app.teams.forms import InviteForm, TeamForm
from app.users import teams
from app.users.login import current_person
from app.users.parts import MAY, NAMES, Part
from app.web.limits import limited

bp = Blueprint("teams", __name__)


def _person() -> Actor:
    return current_person().actor


def _address() -> str:
    """Return the address that the person has shown to be theirs.

    Raises
    ------
    Forbidden
    """
    person = current_person()
    if not person.verified:
        raise Forbidden(
            _l("Please confirm your e-mail address first: open the link in our letter to you.")
        )
    return person.email


@bp.route("/teams", methods=["GET", "POST"])
@login_required
@limited("20/hour", ["POST"])
def listed() -> str | Response | tuple[str, int]:
    person, form = _person(), TeamForm()
    if form.validate_on_submit():
        _address()
        try:
            team_id = teams.found(person, form.name.data or "")
            teams.act_for(person, current_user.session_id, team_id)
        except (Invalid, Conflict) as error:
            form.name.errors = [error.user_message]
        else:
            flash(_l("The team is there, and you act for it now."), "success")
            return redirect(url_for("teams.show", team_id=team_id))
    known = current_person()
    page = render_template(
        "teams/listed.html",
        form=form,
        teams=teams.of_person(person.user_id),
        invitations=teams.invitations_to(known.email) if known.verified else (),
        names=NAMES,
        may=MAY,
    )
    return page, (422 if form.errors else 200)


@bp.get("/teams/<team_id>")
@login_required
def show(team_id: str) -> str:
    return _page(team_id, InviteForm())


def _page(team_id: str, form: InviteForm) -> str:
    person = _person()
    team = teams.team(person, team_id)
    owns = team.part is Part.OWNER
    return render_template(
        "teams/show.html",
        team=team,
        owns=owns,
        members=teams.members(team_id),
        invited=teams.invited(team_id) if owns else (),
        form=form,
        parts=tuple(Part),
        names=NAMES,
        may=MAY,
    )


@bp.post("/acting")
@login_required
@limited("120/hour")
def act() -> Response:
    team_id = request.form.get("team", "")
    teams.act_for(_person(), current_user.session_id, team_id)
    if team_id:
        flash(_l("You act for this team now: what you buy is the team’s."), "success")
        return redirect(url_for("teams.show", team_id=team_id))
    flash(_l("You act for yourself again."), "success")
    return redirect(url_for("teams.listed"))


@bp.post("/teams/<team_id>")
@login_required
@limited("60/hour")
def change(team_id: str) -> Response:
    person = _person()
    try:
        if request.form.get("do") == "leave":
            teams.remove(person, team_id, person.user_id)
            flash(_l("You left the team. Your tokens for it are ended."), "success")
            return redirect(url_for("teams.listed"))
        teams.rename(person, team_id, request.form.get("name", ""))
        flash(_l("Saved."), "success")
    except (Invalid, Conflict) as error:
        flash(error.user_message, "error")
    return redirect(url_for("teams.show", team_id=team_id))


@bp.post("/teams/<team_id>/members/<user_id>")
@fresh_login_required
@limited("60/hour")
def part(team_id: str, user_id: str) -> Response:
    wanted, person = request.form.get("do", ""), _person()
    try:
        if wanted == "remove":
            teams.remove(person, team_id, user_id)
            flash(
                _l(
                    "They are out of the team, and their tokens for it are ended. Messages to the "
                    "team’s programs go on: end those that went to programs of theirs."
                ),
                "success",
            )
        else:
            kept = Part(wanted) if wanted in tuple(Part) else teams.team(person, team_id).part
            teams.change_part(person, team_id, user_id, kept)
            flash(_l("Saved."), "success")
    except Conflict as error:
        flash(error.user_message, "error")
    return redirect(url_for("teams.show", team_id=team_id))


@bp.post("/teams/<team_id>/invitations")
@fresh_login_required
@limited("30/hour", recipient="email", times=1)
def invite(team_id: str) -> str | Response | tuple[str, int]:
    form, person = InviteForm(), _person()
    if not form.validate_on_submit():
        return _page(team_id, form), 422
    try:
        teams.invite(person, team_id, form.email.data or "", Part(form.part.data))
    except Conflict as error:
        form.email.errors = [error.user_message]
        return _page(team_id, form), 422
    flash(_l("We have sent the invitation."), "success")
    return redirect(url_for("teams.show", team_id=team_id))


@bp.post("/teams/<team_id>/invitations/<invitation_id>/withdraw")
@login_required
@limited("60/hour")
def withdraw(team_id: str, invitation_id: str) -> Response:
    teams.withdraw(_person(), team_id, invitation_id)
    flash(_l("The invitation is withdrawn."), "success")
    return redirect(url_for("teams.show", team_id=team_id))


@bp.route("/teams/join/<invitation_id>", methods=["GET", "POST"])
@login_required
@limited("60/hour", ["POST"])
def join(invitation_id: str) -> str | Response:
    address = _address()
    if request.method == "GET":
        asked = teams.invitation(address, invitation_id)
        return render_template("teams/join.html", asked=asked, names=NAMES, may=MAY)
    joins = request.form.get("do") == "join"
    person = _person()
    try:
        team_id = teams.answer(person, address, invitation_id, join=joins)
    except Conflict as error:
        flash(error.user_message, "error")
        return redirect(url_for("teams.listed"))
    if not joins:
        flash(_l("You refused. Nobody is told why."), "success")
        return redirect(url_for("teams.listed"))
    teams.act_for(person, current_user.session_id, team_id)
    flash(_l("You are in the team, and act for it now."), "success")
    return redirect(url_for("teams.show", team_id=team_id))


@bp.route("/teams/<team_id>/close", methods=["GET", "POST"])
@fresh_login_required
@limited("20/hour", ["POST"])
def close(team_id: str) -> str | Response:
    person = _person()
    team = teams.team(person, team_id)
    if team.part is not Part.OWNER:
        raise Forbidden(_l("The owners of the team do that."))
    if request.method == "GET":
        return render_template("teams/close.html", team=team, members=teams.members(team_id))
    try:
        closing.refuse_open(team_id)
    except Conflict as error:
        flash(error.user_message, "error")
        return redirect(url_for("teams.show", team_id=team_id))
    closing.close(person, team_id)
    flash(_l("The team is closed."), "success")
    return redirect(url_for("teams.listed"))


def _check() -> None:
    view = current_user.view
    if view is None or view.person is None or request.endpoint is None:
        return
    audit.acts(view.person.id)
    reach.check(view.part, request.endpoint, request.method)


def install(app: Flask) -> None:
    """Add these pages to an application; whoever acts for a team opens what is a team's alone."""
    app.before_request(_check)
    app.register_blueprint(bp)
