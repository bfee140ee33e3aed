"""Draw docs/report.svg and docs/report.png, the pictures of reports: python docs/picture.py (needs Chromium)"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
ARTICLE = """\
Village keeps its mill after court ruling

The owner had wanted to turn the mill into apartments. He argued that the town no longer had any need for craftsmen. local.

“If they close it, they will hear from me, believe it! She told reporters outside the court. According to the ONU, mills of
this kind exist since 1990 in only three countries. The court will put in practice the ruling in the May of 2024.

Share this article Print Send by e-mail
"""


def main() -> None:
    terminal()
    page()


def terminal() -> None:
    """Run the real command over a short article and keep its colours."""
    command = [sys.executable, "-m", "qa", "check", "--no-config", "--color", "always", "--width", "88"]
    command += ["--stdin-filename", "mill.txt", "-"]
    ansi = subprocess.run(command, input=ARTICLE, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    console = Console(record=True, width=88, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi("$ mtqa check mill.txt\n" + ansi))
    svg = console.export_svg(title="mtqa")
    # The picture asks for no font from elsewhere; any monospaced one will do.
    (ROOT / "docs" / "report.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S), "utf-8")


def page() -> None:
    """The HTML report on a longer article, with one card open."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        command = [sys.executable, "-m", "qa", "check", "--no-config", "--model", "off", "--grammar", "off"]
        command += ["--format", f"html={report}", "samples/garbled/strike-french.txt"]
        subprocess.run(command, cwd=ROOT, check=False)
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1240,1150"):
            options.add_argument(argument)
        options.binary_location = shutil.which("chromium") or ""
        browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        browser.get(report.as_uri())
        browser.execute_script("document.querySelectorAll('mark')[1].focus({ preventScroll: true })")
        time.sleep(1)
        browser.save_screenshot(str(ROOT / "docs" / "report.png"))
        browser.quit()


if __name__ == "__main__":
    main()
