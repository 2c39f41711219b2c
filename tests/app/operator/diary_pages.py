"""What an operator types of a diary, for tests of its pages and of what comes of it."""

NEW = "/operator/diaries/new"
TYPED = {
    "title_en": "Bread",
    "title_fr": "Le pain",
    "question_en": "Which bread do people eat?",
    "question_fr": "Quel pain mange-t-on ?",
    "dropped_en": "Single days.",
    "dropped_fr": "Les jours précis.",
    "minimum_people": "200",
    "epsilon": "0.25",
    "k": "24",
    "questions-0-title_en": "Which bread?",
    "questions-0-title_fr": "Quel pain ?",
    "questions-0-role": "dimension",
    "questions-0-options": "Baguette | Baguette\r\nWhole grain | Pain complet\r\n",
    "questions-0-unit": "%",
    "questions-0-high": "",
    "questions-1-title_en": "Was it good?",
    "questions-1-title_fr": "Était-il bon ?",
    "questions-1-role": "share",
    "questions-1-options": "Yes | Oui | 100\r\nNo | Non | 0",
    "questions-1-unit": "%",
    "questions-1-high": "",
}
KEY = "diary_bread"
ANSWERS = {"which_bread": "whole_grain", "was_it_good": "yes"}
