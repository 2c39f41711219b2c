"""The words of the stand-in's own pages, in English and French."""

from __future__ import annotations

ENGLISH = {
    "stand_in": "Local stand-in for Stripe",
    "no_money": "This page plays the part of Stripe. No card is charged and no money moves.",
    "pay_title": "Pay for your order",
    "total": "Total",
    "cards": "Test card or bank",
    "card_good": "4242 4242 4242 4242: pays",
    "card_declined": "4000 0000 0000 0002: is declined",
    "card_poor": "4000 0000 0000 9995: has too little money",
    "card_debit": "Bank debit: confirmed days later",
    "pay": "Pay {amount}",
    "back": "Go back without paying",
    "declined": "Your card was declined. Nothing was paid; choose another test card.",
    "poor": "Your card has too little money. Nothing was paid; choose another test card.",
    "choose": "Choose a test card.",
    "closed_title": "This payment page is closed",
    "closed_complete": "The order was paid.",
    "closed_expired": "The time to pay is over, or the page was closed. Nothing was paid.",
    "return": "Return to the market",
    "onboard_title": "Set up how you are paid",
    "onboard_text": "Stripe would now ask who you are and where your money should go. "
    "The stand-in asks for nothing: confirm, and the account can be paid.",
    "account": "Account",
    "country": "Country",
    "confirm": "Confirm and activate",
    "later": "Come back later",
    "index_title": "A stand-in for Stripe runs here",
    "index_text": "The market on this machine sends its payments here instead of to Stripe.",
    "disputes_title": "Disputes",
    "disputes_text": "Here you play a buyer’s bank: it takes a payment back, and decides who is "
    "right. The amount and a fee leave the market’s balance at once.",
    "dispute_needs_response": "open",
    "dispute_won": "won by the market",
    "dispute_lost": "lost by the market",
    "dispute_win": "The market is right",
    "dispute_lose": "The buyer is right",
    "dispute_open": "Take it back",
    "charges_title": "Payments",
    "charges_none": "There is none that could be taken back.",
    "missing_title": "There is nothing here",
    "missing_text": "The address is wrong, or belongs to another stand-in.",
    "language": "Français",
}

FRENCH = {
    "stand_in": "Doublure locale de Stripe",
    "no_money": "Cette page joue le rôle de Stripe. Aucune carte n’est débitée, "
    "aucun argent ne circule.",
    "pay_title": "Payer votre commande",
    "total": "Total",
    "cards": "Carte ou banque de test",
    "card_good": "4242 4242 4242 4242 : paie",
    "card_declined": "4000 0000 0000 0002 : est refusée",
    "card_poor": "4000 0000 0000 9995 : n’a pas assez d’argent",
    "card_debit": "Prélèvement bancaire : confirmé quelques jours après",
    "pay": "Payer {amount}",
    "back": "Revenir sans payer",
    "declined": "Votre carte a été refusée. Rien n’a été payé ; choisissez une autre carte.",
    "poor": "La carte n’a pas assez d’argent. Rien n’a été payé ; choisissez une autre carte.",
    "choose": "Choisissez une carte de test.",
    "closed_title": "Cette page de paiement est fermée",
    "closed_complete": "La commande a été payée.",
    "closed_expired": "Le délai est passé, ou la page a été fermée. Rien n’a été payé.",
    "return": "Retourner au marché",
    "onboard_title": "Choisir comment être payé",
    "onboard_text": "Stripe demanderait maintenant qui vous êtes et où verser votre argent. "
    "La doublure ne demande rien : confirmez, et le compte peut être payé.",
    "account": "Compte",
    "country": "Pays",
    "confirm": "Confirmer et activer",
    "later": "Revenir plus tard",
    "index_title": "Une doublure de Stripe fonctionne ici",
    "index_text": "Le marché de cette machine envoie ses paiements ici plutôt qu’à Stripe.",
    "disputes_title": "Contestations",
    "disputes_text": "Vous jouez ici la banque d’un acheteur : elle reprend un paiement et décide "
    "qui a raison. Le montant et des frais quittent aussitôt le solde du marché.",
    "dispute_needs_response": "ouverte",
    "dispute_won": "gagnée par le marché",
    "dispute_lost": "perdue par le marché",
    "dispute_win": "Le marché a raison",
    "dispute_lose": "L’acheteur a raison",
    "dispute_open": "Le reprendre",
    "charges_title": "Paiements",
    "charges_none": "Aucun ne peut être repris.",
    "missing_title": "Il n’y a rien ici",
    "missing_text": "L’adresse est fausse, ou appartient à une autre doublure.",
    "language": "English",
}

LANGUAGES = {"en": ENGLISH, "fr": FRENCH}


def amount(cents: int, currency: str, language: str) -> str:
    """Return an amount as people write it."""
    units, rest = divmod(cents, 100)
    if language == "fr":
        return f"{units:,}".replace(",", "\u202f") + f",{rest:02d}\u00a0{currency.upper()}"
    return f"{currency.upper()}\u00a0{units:,}.{rest:02d}"
