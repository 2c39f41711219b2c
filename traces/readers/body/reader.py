"""Where each format of steps, sleep and sport is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from traces.findings import Findings
from traces.readers.body import apple, fitbit, garmin, withings
from traces.readers.body.days import Days
from traces.readers.body.sessions import Sessions
from traces.recognising import Match

_OF_DAYS: Mapping[str, Callable[[Match, Days, Findings], None]] = {
    "body/fitbit-minutes/v1": fitbit.read_minutes,
    "body/fitbit-sleep/v1": fitbit.read_sleep,
    "body/google-health-steps/v1": fitbit.read_health,
    "body/google-fit-daily/v1": fitbit.read_fit,
    "body/garmin-days/v1": garmin.read_days,
    "body/garmin-nights/v1": garmin.read_nights,
    "body/withings-raw/v1": withings.read_raw,
    "body/withings-daily/v1": withings.read_daily,
    "body/withings-nights/v1": withings.read_nights,
}
_OF_SPORT: Mapping[str, Callable[[Match, Sessions, Findings], None]] = {
    "sport/garmin-activities/v1": garmin.read_activities,
    "sport/garmin-activities/v2": garmin.read_activities,
}


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Read the files of all providers, then let each day and each session count once."""
    days, sessions = Days(findings), Sessions(findings)
    for match in matches:
        if match.format.id in _OF_DAYS:
            _OF_DAYS[match.format.id](match, days, findings)
        elif match.format.id in _OF_SPORT:
            _OF_SPORT[match.format.id](match, sessions, findings)
        else:
            apple.read(match, days, sessions, findings)
    days.finish()
    sessions.finish()
