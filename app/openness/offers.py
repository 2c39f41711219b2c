"""What is offered for which purpose, in ODRL with the purposes of DPV."""

from app.collections.rules import Purpose
from app.openness.description import Description
from app.openness.licences import LICENCES
from app.openness.linked import OWN, Node, node, ref, said
from app.openness.wording import both

#: Purposes of the Data Privacy Vocabulary.
PURPOSES = {
    Purpose.RESEARCH: "dpv:ScientificResearch",
    Purpose.PUBLIC: "dpv:PublicBenefit",
    Purpose.COMMERCIAL: "dpv:CommercialPurpose",
}


def offer_id(about: Description, purpose: Purpose) -> str:
    """Return what names the offer of an edition for a purpose."""
    return f"{about.address}#offer-{purpose}"


def offer(about: Description, purpose: Purpose) -> Node:
    """Return the offer of an edition for a purpose: use it for that alone, against payment."""
    target = {"odrl:target": ref(about.address), "odrl:assigner": ref(about.site.agent)}
    return node(
        offer_id(about, purpose),
        "odrl:Offer",
        odrl_uid=ref(offer_id(about, purpose)),
        dct_title=said(both(lambda: LICENCES[purpose].title)),
        dct_license=ref(about.licence(purpose)),
        odrl_permission=[
            {
                "@type": "odrl:Permission",
                **target,
                "odrl:action": ref("odrl:use"),
                "odrl:constraint": [_constraint(purpose)],
                "odrl:duty": [
                    {"@type": "odrl:Duty", "odrl:action": ref("odrl:compensate")},
                    {"@type": "odrl:Duty", "odrl:action": ref("odrl:attribute")},
                ],
            }
        ],
        odrl_prohibition=[
            {"@type": "odrl:Prohibition", **target, "odrl:action": ref(action)}
            for action in (f"{OWN}:singleOut", "odrl:distribute")
        ],
    )


def _constraint(purpose: Purpose) -> Node:
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": ref("odrl:purpose"),
        "odrl:operator": ref("odrl:isAnyOf"),
        "odrl:rightOperand": ref(PURPOSES[purpose]),
    }
