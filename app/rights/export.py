"""What an export of one's own data holds: CSV rows with their schema, the rest as JSON."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any, cast

from app.alerts import queries as alerts
from app.catalog.asking import address_of
from app.collections import queries as collections
from app.consent import queries as consent
from app.contributions import drafts, reminders
from app.core import audit
from app.core.permissions import Actor
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.datasets.service import Checking
from app.earnings import queries as earnings
from app.invoicing import queries as invoicing
from app.orders import queries as orders
from app.questions import queries as questions
from app.releases import queries as releases
from app.reviews import queries as reviews
from app.rights import queries
from app.rights.own_traces import own_traces
from app.sellers import queries as sellers
from app.users import queries as users
from app.users import teams

README = """\
EN
account.json      your account: profile, consents, privacy spent, earnings, purchases, log
my-traces/        what you give from "My data", month by month: .csv for a spreadsheet,
                  .json with what each column means and what you agreed to
my-drafts/        diary forms that you have not sent
datasets/<name>/  your files, and the months that went into an edition: rows.csv is what is kept,
                  schema.json what its columns are; account.json tells which is which

FR
account.json      votre compte : profil, accords, confidentialité dépensée, gains, achats, journal
my-traces/        ce que vous donnez depuis « Mes données », mois par mois : .csv pour un
                  tableur, .json avec le sens de chaque colonne et ce que vous avez accepté
my-drafts/        les carnets que vous n’avez pas envoyés
datasets/<nom>/   vos fichiers, et les mois entrés dans une édition : rows.csv est ce qui est
                  gardé, schema.json ses colonnes ; account.json dit lequel est lequel
"""


def archive(
    actor: Actor, doors: Checking, sink: IO[bytes] | io.RawIOBase, progress: Callable[[int], None]
) -> None:
    """Write a zip of everything the market holds about an account.

    For each dataset its rows as CSV and its public schema as JSON; besides, one JSON file
    with profile, consent receipts, editions, uses, orders, documents, what was given away
    and the audit trail.

    Parameters
    ----------
    sink : writable file
        Written from the first byte to the last.
    progress : callable
        Told how much is done, in percent.
    """
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("account.json", _json(_account(actor)))
        file.writestr("README.txt", README)
        for given in own_traces(actor, doors):
            file.writestr(f"my-traces/{given.template}.json", _json(given.facts))
            if given.lines:
                file.writestr(f"my-traces/{given.template}.csv", given.as_csv())
        for draft in drafts.every(actor, doors):
            kept = {"day": draft.day, **draft.answers, "kept until": draft.until}
            file.writestr(f"my-drafts/{draft.template}.json", _json(kept))
        every = datasets.of_producer(actor.user_id)
        for number, view in enumerate(every):
            progress(95 * number // len(every))
            place = f"datasets/{view.id}"
            if view.collection_id:
                rules = collections.rules(view.collection_id)
                file.writestr(f"{place}/schema.json", _json(rules.schema.to_dict()))
            first, rest = _begun(_csv(actor, doors, view.id))
            if first:
                with file.open(f"{place}/rows.csv", "w") as rows:
                    for chunk in (first, *rest):
                        rows.write(chunk)


def record(actor: Actor) -> None:
    """Write into the log that somebody took their data with them."""
    audit.record(actor.user_id, "export", "user", actor.user_id)


def _begun(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first chunk, empty where there is none, and the rest: erased rows make no file."""
    return next(chunks, b""), chunks


def _csv(actor: Actor, doors: Checking, dataset_id: str) -> Iterator[bytes]:
    header = True
    for batch in datasets_service.rows_of(actor, doors, dataset_id):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if header:
            writer.writerow(batch.schema.names)
            header = False
        writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        yield text.getvalue().encode()


def _account(actor: Actor) -> dict[str, Any]:
    profile = users.user(actor.user_id)
    details = invoicing.details(actor.user_id)
    return {
        "profile": asdict(profile) if profile else None,
        "consent": [asdict(r) for r in consent.receipts(actor.user_id)],
        "diary_reminders": reminders.wanted(actor.user_id),
        "preferences": asdict(consent.choices(actor.user_id)),
        "privacy_charges_micro_rho": [asdict(c) for c in releases.charges(actor.user_id)],
        "datasets": [
            {
                "id": trace.dataset.id,
                "title": trace.dataset.title,
                "state": trace.dataset.state,
                "collection": trace.rules.title if trace.rules else None,
                "edition": trace.edition.id if trace.edition else None,
                "left_out": trace.left_out,
                "released_shares": trace.shares,
                "uses": [
                    {
                        "order": use.sale.order_id,
                        "purpose": use.sale.purpose,
                        "day": use.sale.sold_at,
                        "earned_micros": use.earned.micros,
                        "kept_micros": use.sale.kept_micros * trace.shares,
                        "reversed": use.sale.reversed,
                    }
                    for use in trace.uses
                ],
            }
            for trace in queries.traces(actor)
        ],
        "orders": [
            {
                "id": o.id,
                "state": o.state,
                "total_cents": o.total_cents,
                "at": o.created_at,
                "licence": o.licence.name,
                "purchase_number": o.purchase_number,
                "billed_to": asdict(o.billed_to) if o.billed_to else None,
            }
            for o in orders.of_buyer(actor.user_id)
        ],
        "questions": [
            {"asked": q.text, "at": q.asked_at, "edition": q.edition.id, "answer": q.answer}
            for q in questions.asked_by(actor.user_id)
        ],
        "reviews": [
            {"text": r.text, "useful": r.useful, "at": r.written_at, "state": r.state}
            for r in reviews.written_by(actor.user_id)
        ],
        "sales_goals": [
            {"kind": g.kind, "collection": g.collection_id, "target": g.target, "since": g.set_at}
            for g in sellers.goals_of(actor.user_id)
        ],
        "alerts": [
            {**address_of(one.asked), "rhythm": one.rhythm, "since": one.created_at}
            for one in alerts.of_account(actor.user_id)
        ],
        "told_of": [
            {"place_in_catalogue": number, "at": at} for number, at in alerts.told_to(actor.user_id)
        ],
        "teams": [asdict(one) for one in teams.of_person(actor.user_id)],
        "ordered_for_teams": list(orders.placed_for_teams(actor.user_id)),
        "billing_details": asdict(details) if details else None,
        "documents": [
            {
                "series": d.series,
                "number": d.written,
                "order": d.order_id,
                "at": d.issued_at,
                "buyer": asdict(d.buyer),
                "gross_cents": d.gross.cents_up(),
                "vat_cents": d.vat.cents_up(),
                "vat_basis_points": d.vat_basis_points,
                "currency": d.gross.currency,
                "corrects": d.corrects or None,
            }
            for d in invoicing.of_buyer(actor.user_id)
        ],
        "given_away": {
            "micros": earnings.sums(actor.user_id).given,
            "times": [asdict(one) for one in earnings.givings(actor.user_id)],
        },
        "audit": [asdict(line) for line in audit.lines_about(actor.user_id, 10_000)],
    }


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else str(value)
