"""Bank statements, in the layouts of banks and of the standards that they share."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker
from traces import Declared, Reason

#: The currency is asked of QIF alone: every other layout names its own.
DECLARED = Declared(zone="Europe/Paris", today=date(2025, 12, 31), date_order="dmy", currency="EUR")
ACCOUNT = "00011122233"

#: Category, a label that is told by its words, and a name that banks give it.
PLACES = (
    ("groceries", "CARTE 13/03/25 CARREFOUR CITY", "Alimentation"),
    ("eating_out", "RESTAURANT DU PORT", "Restaurants"),
    ("housing", "VIR LOYER", "Logement"),
    ("energy", "PRLV EDF", "Energie"),
    ("transport", "SNCF CONNECT", "Transports"),
    ("health", "PHARMACIE DU PARC", "Santé"),
    ("leisure", "NETFLIX.COM", "Loisirs et sorties"),
    ("shopping", "DECATHLON", "Achats, shopping"),
    ("telecoms", "PRLV FREE MOBILE", "Téléphonie"),
    ("education", "CANTINE SCOLAIRE", "Education"),
    ("cash", "RETRAIT DAB", "Retraits espèces"),
    ("other", "XXXX", "xxxx"),
)


@dataclass(frozen=True)
class Pay:
    """An entry: its day, its cents (negative where money goes out), label, the bank's category."""

    day: date
    cents: int
    label: str
    name: str
    number: int
    account: str = ACCOUNT
    booked: bool = True
    currency: str = "EUR"

    @property
    def amount(self) -> str:
        return (
            f"{'-' if self.cents < 0 else ''}{abs(self.cents) // 100},{abs(self.cents) % 100:02d}"
        )

    @property
    def point(self) -> str:
        return self.amount.replace(",", ".")


def make(seed: int, layout: str, months: Sequence[int] = (3, 4)) -> Made:
    """Return what an invented person gives, with known totals."""
    random = Random(f"{seed} {layout}")
    pays: list[Pay] = []
    cents: Counter[tuple[str, str]] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    for month in months:
        for category, label, name in random.sample(PLACES, 9):
            for _ in range(random.randint(1, 12)):
                pays.append(_pay(random, month, -random.randint(100, 30_000), label, name))
                cents[f"2025-{month:02d}", category] -= pays[-1].cents
                counts[f"2025-{month:02d}", category] += 1
        pays.append(_pay(random, month, 180_000, "VIREMENT RECU SALAIRE", "Revenus"))
        cents[f"2025-{month:02d}", "income"] += 180_000
        counts[f"2025-{month:02d}", "income"] += 1
    kept = len(pays)
    pays.append(_pay(random, 3, -50_000, "VIREMENT INTERNE VERS LIVRET A", "Virements internes"))
    pays.append(_pay(random, 3, 50_000, "VIREMENT DE MON COMPTE", "Virements internes"))
    pays.append(_pay(random, 4, -90_000, "DEBIT MENSUEL CARTE", "xxxx"))
    pays = [replace(pay, number=number) for number, pay in enumerate(pays)]
    dropped = {Reason.OWN_TRANSFER: 2, Reason.CARD_TOTAL: 1}
    random.shuffle(pays)
    middle = len(pays) // 2
    files = (write(pays[:middle], 0, layout), write(pays[middle - 3 :], 1, layout))
    table = "spending_gbp" if layout == "midata" else "spending"
    totals = {
        (table, month, (category,)): (
            min(2000, int(held / 1000 + 0.5) * 10),
            counts[month, category],
        )
        for (month, category), held in cents.items()
    }
    return Made(files, DECLARED, totals, kept, dropped | {Reason.DUPLICATE: 3})


def _pay(random: Random, month: int, cents: int, label: str, name: str) -> Pay:
    return Pay(date(2025, month, random.randint(1, 28)), cents, label, name, 0)


def write(rows: Sequence[Any], part: int, layout: str) -> File:
    """Return a file; what is no entry is written as a line of its own."""
    return _WRITERS[layout](rows, part)


def _table(
    name: str,
    header: str,
    cells: Callable[[Pay], Sequence[str]],
    *,
    above: Sequence[str] = (),
    below: Sequence[str] = (),
    encoding: str = "utf-8",
    delimiter: str = ";",
) -> Callable[[Sequence[Any], int], File]:
    def writer(rows: Sequence[Any], part: int) -> File:
        held = io.StringIO()
        held.write("".join(f"{line}\r\n" for line in (*above, header)))
        table = csv.writer(held, delimiter=delimiter, lineterminator="\r\n")
        for row in rows:
            table.writerow(cells(row) if isinstance(row, Pay) else row)
        held.write("".join(f"{line}\r\n" for line in below))
        return name.format(part), held.getvalue().encode(encoding, "replace")

    return writer


def _debit_credit(pay: Pay) -> tuple[str, str]:
    amount = pay.amount.removeprefix("-")
    return (amount, "") if pay.cents < 0 else ("", amount)


def _pounds(pay: Pay) -> str:
    return f"{'-' if pay.cents < 0 else ''}£{pay.point.removeprefix('-')}"


def _ofx1(rows: Sequence[Any], part: int) -> File:
    accounts = sorted({row.account for row in rows if isinstance(row, Pay)} or {ACCOUNT})
    body = "".join(
        "<STMTTRNRS><STMTRS><CURDEF>EUR\r\n<BANKACCTFROM><BANKID>30003<ACCTID>"
        f"{account}\r\n<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>\r\n"
        + "".join(_stmttrn(row) for row in rows if getattr(row, "account", account) == account)
        + "</BANKTRANLIST></STMTRS></STMTTRNRS>"
        for account in accounts
    )
    head = (
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"
    )
    text = f"{head}<OFX><BANKMSGSRSV1>{body}</BANKMSGSRSV1></OFX>"
    return f"statement{part}.ofx", text.encode("cp1252", "replace")


def _stmttrn(row: Any) -> str:
    if not isinstance(row, Pay):
        return "<STMTTRN>" + "".join(f"<{name}>{value}\r\n" for name, value in _fields(row))
    kind = "DEBIT" if row.cents < 0 else "CREDIT"
    return (
        f"<STMTTRN><TRNTYPE>{kind}\r\n<DTPOSTED>{row.day:%Y%m%d}\r\n<TRNAMT>{row.amount}\r\n"
        f"<FITID>{row.number}X\r\n<NAME>{escape(row.label)}\r\n<MEMO>{row.number}\r\n</STMTTRN>\r\n"
    )


def _fields(row: Sequence[str]) -> list[tuple[str, str]]:
    names = ("DTPOSTED", "TRNAMT", "FITID", "NAME", "CURSYM", "STMTTRNP")
    return list(zip(names, row, strict=False))


def _ofx2(rows: Sequence[Any], part: int) -> File:
    body = ""
    for row in rows:
        if isinstance(row, Pay):
            body += (
                f"<STMTTRN><TRNTYPE>POS</TRNTYPE><DTPOSTED>{row.day:%Y%m%d}120000.000[+1:CET]"
                f"</DTPOSTED><TRNAMT>{row.point}</TRNAMT><FITID>{row.number}</FITID>"
                f"<NAME>{escape(row.label)}</NAME><BANKACCTTO><ACCTID>9{row.number}</ACCTID>"
                "</BANKACCTTO></STMTTRN>\n"
            )
        else:
            inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in _fields(row))
            body += f"<STMTTRN>{inner}</STMTTRN>"
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="220"?>\n<OFX>'
        f"<STMTRS><CURDEF>EUR</CURDEF><BANKACCTFROM><ACCTID>{_of(rows)}</ACCTID></BANKACCTFROM>"
        f"<BANKTRANLIST>{body}</BANKTRANLIST></STMTRS></OFX>"
    )
    return f"statement{part}.ofx", text.encode("utf-8", "replace")


def _of(rows: Sequence[Any]) -> str:
    return next((row.account for row in rows if isinstance(row, Pay)), ACCOUNT)


def _camt(rows: Sequence[Any], part: int) -> File:
    body = ""
    for row in rows:
        if isinstance(row, Pay):
            body += (
                f'<Ntry><NtryRef>{row.number}</NtryRef><Amt Ccy="{row.currency}">'
                f"{row.point.removeprefix('-')}</Amt>"
                f"<CdtDbtInd>{'DBIT' if row.cents < 0 else 'CRDT'}</CdtDbtInd>"
                f"<Sts>{'BOOK' if row.booked else 'PDNG'}</Sts>"
                f"<BookgDt><Dt>{row.day}</Dt></BookgDt><AcctSvcrRef>R{row.number}</AcctSvcrRef>"
                "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>CCRD</Cd><SubFmlyCd>POSD</SubFmlyCd></Fmly>"
                "</Domn></BkTxCd><NtryDtls><TxDtls><RltdPties><Cdtr><Nm>XXXX</Nm></Cdtr><CdtrAcct>"
                f"<Id><IBAN>FR{row.number}</IBAN></Id></CdtrAcct></RltdPties><RmtInf>"
                f"<Ustrd>{escape(row.label)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
            )
        else:
            names = ("Amt", "CdtDbtInd", "Sts", "AddtlNtryInf", "Acct")
            cells = (escape(cell) for cell in row)
            body += "".join(
                f"<{name}>{cell}</{name}>" for name, cell in zip(names, cells, strict=False)
            )
            body = f"<Ntry>{body}</Ntry>" if not body.startswith("<Ntry>") else body
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        f"<Acct><Id><IBAN>{_of(rows)}</IBAN></Id></Acct>{body}</Stmt></BkToCstmrStmt></Document>"
    )
    return f"camt.053_{part}.xml", text.encode("utf-8", "replace")


def _mt940(rows: Sequence[Any], part: int) -> File:
    lines = [":20:STARTUMS", f":25:{_of(rows)}", ":28C:1/1", ":60F:C250228EUR1000,00"]
    for row in rows:
        if isinstance(row, Pay):
            sign = "D" if row.cents < 0 else "C"
            amount = row.amount.removeprefix("-")
            lines.append(
                f":61:{row.day:%y%m%d}{row.day:%m%d}{sign}{amount}NTRFNONREF//{row.number}"
            )
            lines.append(f":86:005?20{row.label[:9]}")
            lines.append(f"{row.label[9:12]}?21{row.label[12:]}?32XXXX")
        else:
            lines.append(":61:" + "".join(row))
    lines += [":62F:C250430EUR1000,00", "-"]
    return f"statement{part}.sta", "\r\n".join(lines).encode("utf-8", "replace")


def _qif(rows: Sequence[Any], part: int) -> File:
    lines = ["!Type:Bank"]
    for row in rows:
        if isinstance(row, Pay):
            lines += [f"D{row.day:%d/%m/%y}", f"T{row.point}", f"P{row.label}", f"N{row.number}"]
        else:
            lines += [letter + cell for letter, cell in zip("DTPLM", row, strict=False)]
        lines.append("^")
    return f"export{part}.qif", "\n".join(lines).encode("utf-8", "replace")


_WRITERS: Mapping[str, Callable[[Sequence[Any], int], File]] = {
    "ofx 1": _ofx1,
    "ofx 2": _ofx2,
    "camt": _camt,
    "mt940": _mt940,
    "qif": _qif,
    "midata": _table(
        "midata{}.csv",
        '"Date","Type","Merchant/Description","Debit/Credit","Balance"',
        lambda pay: [
            f"{pay.day:%d/%m/%Y}",
            "Visa purchase",
            f"{pay.label} {pay.number}",
            _pounds(pay),
            "-£2.00",
        ],
        above=('"Account Number:","****12345"', ""),
        delimiter=",",
        encoding="cp1252",
    ),
    "bnp 2": _table(
        "E{}1234.csv",
        "Date operation;Categorie operation;Sous Categorie operation;Libelle operation;"
        "Montant operation;Pointage operation;Commentaire operation",
        lambda pay: [
            f"{pay.day:%d-%m-%Y}",
            "Dépenses",
            pay.name,
            f"{pay.number} {aside(pay)}",
            pay.amount,
            "Non",
            "",
        ],
    ),
    "bnp 1": _table(
        "E{}1234.csv",
        "Date operation;Libelle court;Type operation;Libelle operation;Montant operation en euro",
        lambda pay: [
            f"{pay.day:%d-%m-%Y}",
            "ACHAT",
            "CARTE",
            f"{pay.label} {pay.number}",
            pay.amount,
        ],
        above=("Compte de chèques;Compte de chèques;****1234;30/04/2025;;1 000,00",),
        encoding="cp1252",
    ),
    "crédit agricole": _table(
        "CA2025_{}.csv",
        "Date;Libellé;Débit euros;Crédit euros;",
        lambda pay: [
            f"{pay.day:%d/%m/%Y}",
            f"PAIEMENT PAR CARTE          \n{pay.label}  {pay.number}        ",
            *_debit_credit(pay),
            "",
        ],
        above=(
            "Téléchargement du 02/05/2025;",
            "",
            f"{CANARY};",
            f"Compte de Dépôt carte n° {NUMBER};",
            "Solde au 02/05/2025 1 234,56 €",
            "",
            "Liste des opérations du compte entre le 01/03/2025 et le 30/04/2025;",
            "",
        ),
        encoding="cp1252",
    ),
    "boursobank 2": _table(
        "export-operations-02-05-2025_10-00-0{}.csv",
        "\ufeffdateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;"
        "accountNum;accountLabel;accountbalance",
        lambda pay: [
            f"{pay.day}",
            f"{pay.day}",
            f"{pay.number} {aside(pay)}",
            pay.name,
            "xxxx",
            "xxxx",
            pay.amount,
            "",
            pay.account,
            "XXXX",
            "1500.00",
        ],
    ),
    "boursobank 1": _table(
        "export-operations-02-05-2025_10-00-0{}.csv",
        "\ufeffdateOp;dateVal;label;category;categoryParent;supplierFound;amount;"
        "accountNum;accountLabel;accountBalance",
        lambda pay: [
            f"{pay.day:%d/%m/%Y}",
            "",
            f"{pay.number} {aside(pay)}",
            pay.name,
            "xxxx",
            "xxxx",
            pay.amount,
            pay.account,
            "XXXX",
            "1500.00",
        ],
    ),
    "société générale": _table(
        "0001{}.csv",
        "Date de l'opération;Libellé;Détail de l'écriture;Montant de l'opération;Devise",
        lambda pay: [
            f"{pay.day:%d/%m/%Y}",
            "CARTE X1234",
            f"{pay.label} {pay.number}",
            pay.amount,
            pay.currency,
        ],
        above=(f'="{ACCOUNT}";01/03/2025;30/04/2025;', ""),
        encoding="cp1252",
    ),
    "banque postale": _table(
        "releve{}.csv",
        "Date;Libellé;Montant(EUROS)",
        lambda pay: [f"{pay.day:%d/%m/%Y}", f"{pay.label} {pay.number}", pay.amount],
        above=(
            "Numéro Compte   ;1234567X020",
            "Type         ;CCP",
            "Compte tenu en  ;euros",
            "Date            ;02/05/2025",
            "Solde (EUROS)   ;1 234,56",
            "",
        ),
        encoding="cp1252",
    ),
    "bpce": _table(
        "{}_01032025_30042025.csv",
        "Date de comptabilisation;Libelle simplifie;Libelle operation;Reference;"
        "Informations complementaires;Type operation;Categorie;Sous categorie;Debit;Credit;"
        "Date operation;Date de valeur;Pointage operation",
        lambda pay: [
            f"{pay.day + timedelta(days=1):%d/%m/%Y}",
            aside(pay),
            "XXXX",
            str(pay.number),
            "",
            "Carte bancaire",
            "xxxx",
            pay.name,
            f"-{_debit_credit(pay)[0]}" if pay.cents < 0 else "",
            f"+{_debit_credit(pay)[1]}" if pay.cents > 0 else "",
            f"{pay.day:%d/%m/%Y}",
            f"{pay.day:%d/%m/%Y}",
            "0",
        ],
    ),
    "crédit mutuel": _table(
        "compte_{}.csv",
        "Date;Date de valeur;Débit;Crédit;Libellé;Solde",
        lambda pay: [
            f"{pay.day:%d/%m/%Y}",
            f"{pay.day:%d/%m/%Y}",
            *_debit_credit(pay),
            f"{pay.label} {pay.number}",
            "1 234,56",
        ],
        encoding="iso-8859-15",
    ),
    "revolut": _table(
        "account-statement_2025-{}.csv",
        "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance",
        lambda pay: [
            "CARD_PAYMENT",
            "Current",
            f"{pay.day} 12:01:10",
            f"{pay.day} 12:01:10",
            f"{pay.label} {pay.number}",
            pay.point,
            "0.00",
            pay.currency,
            "COMPLETED" if pay.booked else "PENDING",
            "200.00",
        ],
        delimiter=",",
    ),
    "revolut en français": _table(
        "account-statement_2025-{}.csv",
        "Type,Produit,Date de début,Date de fin,Description,Montant,Frais,Devise,État,Solde",
        lambda pay: [
            "Paiement par carte",
            "Actuel",
            f"{pay.day} 12:01:10",
            f"{pay.day} 12:01:10",
            f"{pay.label} {pay.number}",
            pay.point,
            "0.00",
            pay.currency,
            "TERMINÉ" if pay.booked else "EN ATTENTE",
            "200.00",
        ],
        delimiter=",",
    ),
    "n26 1": _table(
        "n26-csv-transactions{}.csv",
        '"Date","Payee","Account number","Transaction type","Payment reference","Category",'
        '"Amount (EUR)","Amount (Foreign Currency)","Type Foreign Currency","Exchange Rate"',
        lambda pay: [
            f"{pay.day}",
            f"{pay.number} {aside(pay)}",
            f"FR{pay.number}",
            "MasterCard Payment",
            "",
            pay.name,
            pay.point,
            "",
            "",
            "",
        ],
        delimiter=",",
    ),
    "n26 1 en français": _table(
        "n26-csv-transactions{}.csv",
        '"Date","Bénéficiaire","Numéro de compte","Type de transaction",'
        '"Référence de paiement","Montant (EUR)","Montant (Devise étrangère)"',
        lambda pay: [
            f"{pay.day}",
            pay.label,
            f"FR{pay.number}",
            "Paiement MasterCard",
            f"{pay.number}",
            pay.point,
            "",
        ],
        delimiter=",",
    ),
    "n26 2": _table(
        "export{}.csv",
        '"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference",'
        '"Account Name","Amount (EUR)","Original Amount","Original Currency","Exchange Rate"',
        lambda pay: [
            f"{pay.day}",
            f"{pay.day}",
            pay.label,
            "",
            "Presentment",
            f"{pay.number}",
            "XXXX",
            pay.point,
            pay.point,
            "EUR",
            "1",
        ],
        delimiter=",",
    ),
}
LAYOUTS = tuple(_WRITERS)


def aside(pay: Pay) -> str:
    """Return a label that does not tell the category, but where it is one that is dropped."""
    return (
        pay.label if "CARTE" in pay.label and "MENSUEL" in pay.label or CANARY in pay.label else "X"
    )


def maker(layout: str) -> Maker:
    """Return the maker of a layout."""

    def rows(random: Random, marked: bool) -> list[Any]:
        made = []
        for number in range(random.randint(30, 60)):
            category, label, name = random.choice(PLACES)
            cents = random.choice((-random.randint(1, 40_000), random.randint(1, 300_000), 0))
            pay = Pay(
                date(2025, 3, 1) + timedelta(days=random.randrange(80)),
                cents,
                f"{label} {CANARY}" if marked else label,
                name,
                number + (int(NUMBER) if marked else 0),
                NUMBER if marked else ACCOUNT,
                random.random() < 0.9,
            )
            made.append(pay)
        return made

    return Maker(rows, lambda rows, part: write(rows, part, layout), garbage, DECLARED)


def garbage(random: Random) -> list[str]:
    """Return cells that break the layouts."""
    cells = (
        "",
        CANARY,
        NUMBER,
        "-1e999",
        "9" * 30,
        "14/03/2025",
        "14-03-2025",
        "2025-03-14",
        "20250314",
        "250314D1,5NTRF",
        "31/02/2025",
        "9999-12-31",
        "0001-01-01",
        "-12,50",
        "12.50",
        "(5)",
        "COMPLETED",
        "Date",
        "TRAILER",
        "é",
        "\u202f",
    )
    return [random.choice(cells) for _ in range(random.randint(1, 11))]
