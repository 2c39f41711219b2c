"""How long things last."""

from datetime import timedelta

#: So long the secret before still signs, once it is replaced.
OVERLAP = timedelta(days=1)
#: So long messages are kept.
KEPT = timedelta(days=30)
#: After a failure an endpoint is left alone: so long at first, twice as long each time, up to this.
PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
#: What failed for so long is told nothing more.
PATIENCE = timedelta(days=2)
#: A look begins so long before the last one ended: what was committed late is not missed.
LATE = timedelta(minutes=10)
