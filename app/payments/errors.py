"""Errors of the payment provider.

::

    GatewayError
    ├── GatewayRefused       the provider said no: nothing happened, a new attempt needs a new key
    │   └── NotEnoughBalance the platform's available balance does not cover a transfer
    ├── GatewayUnavailable   no answer: it may have happened, retry with the same key
    ├── KeyConflict          the key was used for something else: look before sending again
    └── WebhookInvalid       a message that the provider did not sign, or not lately
"""


class GatewayError(Exception):
    """Anything that went wrong at the payment provider."""

    user_message = "The payment service could not do this."


class GatewayRefused(GatewayError):
    """The provider refused, and will refuse the same request again.

    Parameters
    ----------
    message : str
        For the log: what the provider said, without keys or personal data.
    code : str
        The provider's short code, "" where it gave none.
    """

    user_message = "The payment service refused this."

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NotEnoughBalance(GatewayRefused):
    """The platform's available balance does not cover the transfer yet."""

    user_message = "The money is not available yet; we will try again."


class GatewayUnavailable(GatewayError):
    """The outcome is unknown. Retry with the same key, never with a new one."""

    user_message = "The payment service did not answer. Nothing is lost; please try again."


class KeyConflict(GatewayError):
    """The idempotency key belongs to another request, which may have been carried out.

    Neither the same key nor a new one is right before somebody has looked.
    """

    user_message = "The payment service has seen this request in another form."


class WebhookInvalid(GatewayError):
    """The message was not signed by the provider, or too long ago."""

    user_message = "This message could not be verified."
