from flask import Blueprint, Flask, render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from app.core.permissions import Role, require
from app.invoicing import queries as invoicing
from app.market import current_market
from app.operator import audit_files
from app.users.login import current_actor
from app.web.limits import limited
from app.web.responses import attached

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
@limited("60/hour")
def written() -> Response:
    require(current_actor(), Role.OPERATOR)
    documents = audit_files.documents_csv(current_market().db)
    return attached(documents, "text/csv", "moisson-documents.csv")


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
