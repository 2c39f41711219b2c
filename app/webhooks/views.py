from flask import Blueprint, Flask, Response, request

from app.market import current_market
from app.payments.gateway import WebhookInvalid
from app.web.limits import limited
from app.web.security import signed_by_sender
from app.webhooks import taking

bp = Blueprint("webhooks", __name__)
LARGEST = 256 * 1024


@bp.post("/webhooks/stripe")
@limited("60000/minute")
@signed_by_sender
def stripe() -> Response:
    # The bytes as they were signed: read before anything else touches the request.
    request.max_content_length = LARGEST
    payload = request.get_data(cache=False)
    try:
        taking.take(
            current_market().gateway,
            payload,
            request.headers.get("Stripe-Signature", ""),
        )
    except WebhookInvalid:
        return Response("not verified\n", status=400, mimetype="text/plain")
    return Response("ok\n", status=200, mimetype="text/plain")


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
