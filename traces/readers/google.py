"""Google My Activity and the history of YouTube: videos and searches.

A row is one act; its time is in UTC, or on web pages in the zone of the account. The address tells
what it was, in whatever language: a video that was watched, or a search on Google, Maps or YouTube.
Everything else is left out. My Activity and the history of YouTube tell of the same acts, so an act
counts once by its second and address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from traces.dates import parse_instant
from traces.errors import ChooseJson
from traces.findings import Findings
from traces.readers import google_page
from traces.reasons import Reason
from traces.recognising import Match
from traces.text import normalise, open_text

_PAGE = "google/page/v1"
_ACTIVITY = "google/activity/v1"
_SCHEME = re.compile(r"https?://(?:www\.|m\.)?")
_VIDEO = re.compile(r"youtube\.com/(?:watch\?(?:[^#]*&)?v=|shorts/)|youtu\.be/")
_SEARCH = re.compile(r"google\.[a-z.]{2,6}/(?:search\?|maps/search/)|youtube\.com/results\?")


def read(matches: Sequence[Match], findings: Findings) -> None:
    """Add up the acts of all files.

    Histories before 2017 are playlists, and other playlists have their layout: only those with the
    name of the history are read.
    """
    for match in matches:
        if match.format.id == _PAGE:
            _read_page(match, findings)
        elif match.format.id == _ACTIVITY:
            ads = frozenset(match.format.options.get("ads", "").split("|"))
            for row in findings.elements(match):
                _act(row, ads, findings)
        elif match.member.fits(match.format.members):
            for row in findings.elements(match):
                _entry(row, findings)
        else:
            findings.drop(Reason.NOT_NEEDED)


def _entry(row: Any, findings: Findings) -> None:
    """Count an entry of a history before 2017."""
    snippet = row.get("snippet") if isinstance(row, dict) else None
    if not isinstance(snippet, dict):
        findings.drop(Reason.UNREADABLE)
        return
    resource = snippet.get("resourceId")
    video = resource.get("videoId") if isinstance(resource, dict) else None
    moment = _instant(snippet.get("publishedAt"))
    _count("watching_online", moment, f"youtube.com/watch?v={video}", findings)


def _act(row: Any, ads: frozenset[str], findings: Findings) -> None:
    if not isinstance(row, dict):
        findings.drop(Reason.UNREADABLE)
    elif _served(row.get("details"), ads):
        findings.drop(Reason.ADVERTISEMENT)
    else:
        link = row.get("titleUrl")
        _visit(link if isinstance(link, str) else "", _instant(row.get("time")), findings)


def _read_page(match: Match, findings: Findings) -> None:
    """Count the acts of a web page; where it writes no date that we can read, ask for JSON."""
    ads = frozenset(match.format.options["ads"].split("|"))
    cells = dated = 0
    with open_text(lambda: findings.open(match)) as text:
        for cell in google_page.cells(text, findings.declared.place):
            cells += 1
            dated += cell.moment is not None
            if any(normalise(line) in ads for line in cell.lines):
                findings.drop(Reason.ADVERTISEMENT)
            else:
                _visit(cell.link, cell.moment, findings)
    if cells and not dated:
        raise ChooseJson(family=match.format.family)
    if not cells:
        findings.drop(Reason.NO_DATA)


def _visit(link: str, moment: int | None, findings: Findings) -> None:
    """Count an act by its address, which tells what it was."""
    address = _SCHEME.sub("", link, count=1)
    if _VIDEO.match(address):
        _count("watching_online", moment, address, findings)
    elif _SEARCH.match(address):
        _count("searching_online", moment, address, findings)
    else:
        findings.drop(Reason.OUT_OF_DOMAIN)


def _instant(time: object) -> int | None:
    return parse_instant(time, UTC) if isinstance(time, str) else None


def _count(template: str, moment: int | None, address: str, findings: Findings) -> None:
    reason: Reason | None = None
    if moment is None:
        reason = Reason.UNREADABLE
    elif implausible := findings.implausible(moment):
        reason = implausible
    elif findings.repeated(moment // 1000, address):
        reason = Reason.DUPLICATE
    else:
        tally = findings.tally(template)
        tally.add(findings.clock.at(moment), {tally.template.measures[0].key: 1})
        findings.keep()
        return
    findings.drop(reason)


def _served(details: object, ads: frozenset[str]) -> bool:
    """Return whether a detail says that an advertisement was served: nobody chose to see it."""
    if not isinstance(details, list):
        return False
    names = (each.get("name") for each in details if isinstance(each, dict))
    return any(isinstance(name, str) and normalise(name) in ads for name in names)
