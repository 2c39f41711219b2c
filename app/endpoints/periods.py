"""How long things last."""

from datetime import timedelta

#: So long the secret before still signs, once it is replaced.
OVERLAP = timedelta(days=1)
#: So long messages are kept.
KEPT = timedelta(days=30)
#: A look begins so long before the last one ended: what was committed late is not missed.
LATE = timedelta(minutes=10)
