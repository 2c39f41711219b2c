from flask import Blueprint, Response, current_app, request

from app.core.http import csrf, limiter
from app.payments.gateway import WebhookInvalid
from app.webhooks import taking

bp = Blueprint("webhooks", __name__)
csrf.exempt(bp)
LARGEST = 256 * 1024


@bp.post("/webhooks/stripe")
@limiter.limit("60000/minute", override_defaults=True)
def stripe() -> Response:
    # The bytes as they were signed: read before anything else touches the request.
    request.max_content_length = LARGEST
    payload = request.get_data(cache=False)
    try:
        taking.take(
            current_app.extensions["gateway"],
            payload,
            request.headers.get("Stripe-Signature", ""),
        )
    except WebhookInvalid:
        return Response("not verified\n", status=400, mimetype="text/plain")
    return Response("ok\n", status=200, mimetype="text/plain")
