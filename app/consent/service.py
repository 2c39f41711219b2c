from app.collections.rules import Purpose
from app.consent import queries
from app.consent.models import ConsentReceipt, Preference
from app.consent.texts import TEXTS
from app.core import audit
from app.core.db import session
from app.core.dialects import hold_person
from app.core.permissions import Actor


def decide(actor: Actor, wanted: frozenset[Purpose]) -> None:
    """Write a receipt for each purpose whose answer is new; refusing one blocks no other."""
    hold_person(actor.user_id)
    _write(actor, queries.receipts(actor.user_id), wanted)


def agree(actor: Actor, purposes: frozenset[Purpose]) -> None:
    """Agree to some purposes; what was agreed to before stays."""
    hold_person(actor.user_id)
    receipts = queries.receipts(actor.user_id)
    _write(actor, receipts, purposes | queries.granted_by(receipts))


def _write(
    actor: Actor, receipts: tuple[queries.ReceiptView, ...], wanted: frozenset[Purpose]
) -> None:
    told, present = {receipt.purpose for receipt in receipts}, queries.granted_by(receipts)
    decided: dict[str, list[str]] = {"granted": [], "refused": []}
    # Receipts are never removed, and each has the next number.
    for purpose, text in TEXTS.items():
        if purpose in told and (purpose in wanted) == (purpose in present):
            continue
        answer = "granted" if purpose in wanted else "refused"
        session().add(
            ConsentReceipt(
                user_id=actor.user_id,
                purpose=purpose,
                version=text.version,
                granted=purpose in wanted,
                sequence=len(receipts) + sum(map(len, decided.values())) + 1,
            )
        )
        decided[answer].append(f"{purpose.value} {text.version}")
    if any(decided.values()):
        said = {answer: ", ".join(purposes) for answer, purposes in decided.items() if purposes}
        audit.record(actor.user_id, "consent", "user", actor.user_id, **said)
    session().flush()


def _preference(actor: Actor) -> Preference:
    hold_person(actor.user_id)
    row = session().get(Preference, actor.user_id)
    if row is None:
        row = Preference(user_id=actor.user_id, paused=False)
        session().add(row)
    return row


def pause(actor: Actor, paused: bool) -> None:
    """Begin or end a data strike: while it lasts, nothing of theirs enters an edition."""
    _preference(actor).paused = paused
    audit.record(actor.user_id, "pause" if paused else "resume", "user", actor.user_id)


def set_ceiling(actor: Actor, micro_rho: int | None) -> None:
    """Set one's own ceiling of privacy loss; an edition that would cross it leaves them out."""
    _preference(actor).ceiling_micro_rho = micro_rho
    audit.record(actor.user_id, "set-ceiling", "user", actor.user_id)
