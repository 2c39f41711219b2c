"""Which column of a file may tell people apart, and the question that its owner is asked first.

Who is protected is never guessed: all rows are about the owner unless they choose a column. Columns
that say they hold times, dates, amounts, places or receipts are not offered. No list of such words
is ever whole, so that any other column is taken only once its owner has answered how many people
it would mean: a column of visits or receipts would otherwise protect visits. Only a column that
says it holds people, with several rows of each, is taken without a question.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from flask_babel import lazy_gettext as _l

from app.collections.errors import BadRules
from app.collections.rules import CollectionRules, Identifier
from app.datasets.ingest import messages
from app.datasets.ingest.errors import UploadError, UploadErrors
from app.datasets.ingest.profiling import ColumnKind, ColumnProfile

#: Where a collection names people by a code, every row needs one.
NO_CODE = _l("In this collection a column has to hold each person's code: choose it.")
_ADDRESS = r"^\s*[^@\s]+@[^@\s]+\s*$"
#: Fewer rows each than this, and its owner is asked.
FEW_ROWS = 2
#: Words in the name of a column that say it holds something else than people, folded.
_WORDS = """
    time timestamp date datetime day month year week hour minute second heure jour mois annee
    semaine horodatage amount price total sum cost value quantity qty balance debit credit
    montant prix somme cout valeur quantite solde lat latitude lon lng long longitude gps geo
    coordinates coordonnees place location city town street address zip postcode lieu ville rue
    adresse store shop merchant magasin boutique enseigne commercant receipt ticket invoice
    order transaction booking basket recu facture commande reservation panier
"""
NOT_PEOPLE = frozenset(_WORDS.split())
#: Words beside which a name still says nothing else.
FILLING = frozenset("id ids no num number numero code key the of de du des la le les l d n".split())
#: Words that may mean people: a column with one is offered, whatever else it looks like.
MAYBE_PEOPLE = frozenset("email mail courriel buyer acheteur holder titulaire".split())
#: Words that say it holds people.
NAMED_PEOPLE = frozenset(
    "who person personne people individual individu customer client patient member membre"
    " adherent household foyer menage hhid user utilisateur participant respondent repondant"
    " panelist paneliste student eleve etudiant employee employe salarie subscriber abonne"
    " guest donor donateur resident habitant passenger voyageur".split()
)


@dataclass(frozen=True)
class People:
    """What a column would mean as the one that tells people apart; for its owner alone.

    Attributes
    ----------
    people : int
        Its different values; where `more`, at least so many.
    rows_each : float
        Rows of each on average; where `more`, at most so many.
    named : bool
        Whether the column's name says that it holds people and nothing else, and its values do
        not look like times, dates, amounts or places.
    """

    column: str
    people: int
    rows_each: float
    more: bool
    named: bool

    @property
    def to_be_asked(self) -> bool:
        """Whether it may be no people, or nearly each row somebody else, or nobody can tell."""
        return self.more or not self.named or self.rows_each < FEW_ROWS


class PeopleNotSure(BadRules):
    """A column may not be people: its owner has to say that it is.

    Attributes
    ----------
    found : People
    """

    def __init__(self, found: People) -> None:
        text = (
            _l(
                "This would be more than %(people)s different people, rows of each: at most about "
                "%(rows)s. Is that so? Tick the box if it is. If the rows are all about you, say "
                "that instead."
            )
            if found.more
            else _l(
                "This would be %(people)s different people, rows of each: about %(rows)s. Is that "
                "so? Tick the box if it is. If the rows are all about you, say that instead."
            )
        )
        super().__init__(
            text, people=found.people, rows=f"{found.rows_each:.1f}".removesuffix(".0")
        )
        self.found = found


def candidates(profiles: Iterable[ColumnProfile]) -> tuple[str, ...]:
    """Return the columns that may tell people apart, in the order of the file."""
    return tuple(p.name for p in profiles if _may_be_people(p))


def check(
    profiles: Iterable[ColumnProfile], column: str, sure: str, *, somebody: bool = False
) -> None:
    """Refuse a column that is no people, or of which its owner was not asked.

    Parameters
    ----------
    profiles : iterable of ColumnProfile
        Of the whole file.
    column : str
        The column chosen; "" for "all rows are about me".
    sure : str
        The column of which the owner has said that it tells people apart.
    somebody : bool
        Whether a column has to be chosen: a search makes no sense for one person.

    Raises
    ------
    BadRules
        For a column that cannot be people, or that the file does not have.
    PeopleNotSure
        With the numbers to be asked about.
    """
    if not column and not somebody:
        return
    profiles = tuple(profiles)
    if column not in candidates(profiles):
        raise BadRules(
            _l(
                "Column %(column)s does not tell people apart: it looks like times, dates, "
                "amounts, places or receipts. Choose another one, or say that all rows are "
                "about you."
            ),
            column=column,
        )
    found = meaning(next(p for p in profiles if p.name == column))
    if found.to_be_asked and sure != column:
        raise PeopleNotSure(found)


def check_identifier(rules: CollectionRules, column: str) -> None:
    """Refuse a file that does not name people by what the collection names them by.

    Raises
    ------
    BadRules
    """
    if rules.identifier is Identifier.CODE and not column:
        raise BadRules(NO_CODE)


def named_by_email(batches: Iterable[pa.RecordBatch], column: str) -> Iterator[pa.RecordBatch]:
    """Hand rows on whose people are named by e-mail addresses.

    Raises
    ------
    UploadErrors
        At the first that is not.
    """
    for batch in batches:
        fits = pc.match_substring_regex(batch.column("person"), _ADDRESS)
        if not pc.all(fits, min_count=0).as_py():
            raise UploadErrors((UploadError(messages.NOT_AN_ADDRESS, None, column),))
        yield batch


def meaning(profile: ColumnProfile) -> People:
    """Return how many people a column would mean, and how many rows each."""
    people = max(1, profile.distinct)
    words = _words(profile.name)
    named = bool(words & NAMED_PEOPLE) and words <= NAMED_PEOPLE | FILLING
    rows_each = (profile.rows - profile.blank) / people
    plain = named and not _looks_otherwise(profile)
    return People(profile.name, people, rows_each, profile.capped, plain)


def _may_be_people(profile: ColumnProfile) -> bool:
    words = _words(profile.name)
    if profile.rows == profile.blank:
        return False
    # "Order of the customer", or customers numbered 12346.0, may be either: the owner is asked.
    maybe = bool(words & (NAMED_PEOPLE | MAYBE_PEOPLE))
    return maybe or not (words & NOT_PEOPLE or _looks_otherwise(profile))


def _looks_otherwise(profile: ColumnProfile) -> bool:
    """Say whether the values look like dates, amounts, times or places."""
    amount = profile.kind is ColumnKind.NUMBER and profile.decimals > 0
    return profile.kind is ColumnKind.DATE or amount or profile.shaped


def _words(name: str) -> set[str]:
    """Return the words of a name in small letters without accents: "dateAchat" has two."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = unicodedata.normalize("NFKD", apart.casefold())
    plain = "".join(each for each in parts if not unicodedata.combining(each))
    return set(re.findall(r"[a-z]+", plain))
