from flask import Blueprint, current_app, render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.http import limiter
from app.core.permissions import Role, require
from app.invoicing import queries as invoicing
from app.operator import audit_files
from app.statements import answers
from app.users.login import current_actor

bp = Blueprint("operator_documents", __name__, url_prefix="/operator")
LATEST = 200


@bp.get("/documents")
@login_required
def listed() -> str:
    require(current_actor(), Role.OPERATOR)
    return render_template(
        "operator/documents.html",
        documents=invoicing.latest(LATEST),
        months=invoicing.months(),
    )


@bp.get("/documents.csv")
@login_required
@limiter.limit("60/hour")
def written() -> Response:
    require(current_actor(), Role.OPERATOR)
    documents = audit_files.documents_csv(current_app.extensions["db"])
    return answers.attached(documents, "text/csv", "moisson-documents.csv")
