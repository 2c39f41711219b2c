"""Where each format of steps, sleep and sport is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from traces.findings import Findings
from traces.readers.body import apple, fit, fitbit, garmin, strava, tracks, withings
from traces.readers.body.days import Days
from traces.readers.body.sessions import Sessions
from traces.reasons import Reason
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
    "sport/gpx/v1": tracks.read_gpx,
    "sport/tcx/v1": tracks.read_tcx,
    "sport/fit/v1": fit.read,
}

_LIST = "sport/strava/v1"
_RECORDINGS = ("sport/gpx/v1", "sport/tcx/v1", "sport/fit/v1")


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Read the files of all providers, then let each day and each session count once."""
    days, sessions = Days(findings), Sessions(findings)
    lists = [match for match in matches if match.format.id == _LIST]
    listed = {match.file for match in lists}
    for match in matches:
        if match.format.id in _RECORDINGS and match.file in listed:
            findings.drop(Reason.NOT_NEEDED)  # the list beside them tells of them already
        elif match.format.id in _OF_DAYS:
            _OF_DAYS[match.format.id](match, days, findings)
        elif match.format.id in _OF_SPORT:
            _OF_SPORT[match.format.id](match, sessions, findings)
        elif match.format.id != _LIST:
            apple.read(match, days, sessions, findings)
    if lists:
        strava.read(lists, sessions, findings)
    days.finish()
    sessions.finish()
