"""Write the table of settings into docs/configuration.md, from the fields of app/core/config.py.

python tools/settings_table.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.core.config import table  # noqa: E402

PAGE = ROOT / "docs" / "configuration.md"
HEAD = "| setting | default | meaning |\n|---|---|---|\n"


def settings_table() -> str:
    """Return the table, a line for each setting."""
    lines = []
    for setting in table().values():
        default = setting.shown or f"`{setting.default}`"
        lines.append(f"| `{setting.variable}` | {default} | {setting.says} |\n")
    return HEAD + "".join(lines)


def main() -> None:
    """Replace the table in the page."""
    before, rest = PAGE.read_text().split(HEAD)
    after = rest[rest.index("\n\n") + 1 :]
    PAGE.write_text(before + settings_table() + after)


if __name__ == "__main__":
    main()
