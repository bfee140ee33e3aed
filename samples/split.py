"""Write garbled/ and corrected/ from gold/, where a garble is marked ``[[garbled=>fix|another fix]]``."""

import re
from pathlib import Path

HERE = Path(__file__).parent
MARK = re.compile(r"\[\[(.*?)=>(.*?)\]\]", re.S)


def garbled(gold: str) -> str:
    """The article as it was found."""
    return MARK.sub(lambda m: m[1], gold)


def corrected(gold: str) -> str:
    """The article with the first accepted fix of each garble."""
    return re.sub(r"\n{3,}", "\n\n", MARK.sub(lambda m: m[2].split("|")[0], gold)).strip("\n") + "\n"


if __name__ == "__main__":
    for path in sorted((HERE / "gold").glob("*.gold.txt")):
        text = path.read_text("utf-8")
        name = path.name.replace(".gold", "")
        (HERE / "garbled" / name).write_text(garbled(text), "utf-8")
        (HERE / "corrected" / name).write_text(corrected(text), "utf-8")
