"""A local stand-in for Stripe: the part of its HTTP API that the market uses.

No money moves. It keeps its own state, imports no other code of the market, answers on this
machine only, accepts only keys of its own form and never says ``livemode: true``. Written
from Stripe's published description and documentation.
"""

from stripe_stand_in.config import StandInConfig
from stripe_stand_in.server import create_stand_in

__all__ = ["StandInConfig", "create_stand_in"]
