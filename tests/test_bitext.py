"""A translation beside its source: formats with places, alignment, what is found, and what is said of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.checks.bitext import numbers, quantities
from qa.errors import MtqaError
from qa.readers import po, read, read_text
from tests.conftest import one_line

FAST = ("--no-config", "--checks", "rules,bitext,terminology,memory")

PO = '''msgid ""
msgstr ""
"Language: en\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Le fichier %s a été supprimé."
msgstr ""
"The \\"file\\" "
"%d was deleted 😀."

#, fuzzy
msgid "Oui"
msgstr "Yes"
'''
XLIFF = """<?xml version="1.0"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file source-language="es" target-language="en-GB" original="a" datatype="plaintext"><body>
<trans-unit id="1"><source>Vendieron <g id="1">4.500</g> entradas &amp; nada.</source>
<target>They sold <g id="1">4.500</g> tickets &amp;
   nothing.</target></trans-unit>
</body></file></xliff>
"""
XLIFF_2 = """<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="fr" trgLang="en">
<file id="f"><unit id="1"><segment><source>Le pont a <pc id="1">45</pc> ans.</source>
<target>The bridge is 54 years old.</target></segment></unit></file></xliff>
"""
TMX = """<?xml version="1.0"?><tmx version="1.4"><header srclang="fr"/><body>
<tu><tuv xml:lang="fr"><seg>Le pont est fermé depuis hier soir.</seg></tuv>
<tuv xml:lang="en"><seg>The bridge has been <bpt i="1">&lt;b></bpt>closed<ept i="1">&lt;/b></ept> since last night.</seg></tuv></tu>
</body></tmx>
"""
CSV = 'id,source,target\r\n1,"Il dit ""non"", 17 fois.","He says ""no"" 71 times."\r\n2,Le pont est fermé.,The bridge is closed.\r\n'
JSONL = '{"id": 1, "src": "Il dit \\"non\\", 17 fois.", "mt": "He says \\"no\\" \\ud83d\\ude00 71 times.", "x": {"mt": "no"}}\n'


def placed(path: Path) -> list[tuple[str, str | None]]:
    """The segments of a file, after every run of them has been compared with the original."""
    document = read(path)
    for segment in document.segments:
        at = 0
        for run in segment.runs:
            assert run.segment_start == at
            at += run.length
            if run.document_length is None:
                start = run.document_start
                assert document.text[start : start + run.length] == segment.text[run.segment_start : at]
        assert at == len(segment.text)
    return [(s.text, s.source) for s in document.segments]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.po", PO, [('The "file" %d was deleted 😀.', "Le fichier %s a été supprimé.")]),
        ("a.xlf", XLIFF, [("They sold 4.500 tickets &\nnothing.", "Vendieron 4.500 entradas & nada.")]),
        ("b.xliff", XLIFF_2, [("The bridge is 54 years old.", "Le pont a 45 ans.")]),
        ("a.tmx", TMX, [("The bridge has been closed since last night.", "Le pont est fermé depuis hier soir.")]),
        ("a.csv", CSV, [('He says "no" 71 times.', 'Il dit "non", 17 fois.'), ("The bridge is closed.", "Le pont est fermé.")]),
        ("a.tsv", "source\ttarget\nOui\tYes, sir\n", [("Yes, sir", "Oui")]),
        ("a.jsonl", JSONL, [('He says "no" 😀 71 times.', 'Il dit "non", 17 fois.')]),
    ],
)
def test_formats(tmp_path: Path, name: str, content: str, expected: list[tuple[str, str]]) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    assert placed(path) == expected


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=4))
def test_any_text_in_json_and_csv_comes_back_with_its_place(rows: list[tuple[str, str]]) -> None:
    rows = [(s, t) for s, t in rows if s.strip() and t.strip() and not any("\ud800" <= c <= "\udfff" or c in "\r\0" for c in s + t)]
    lines = "".join(json.dumps({"source": s, "target": t}) + "\n" for s, t in rows)
    table = "source,target\n" + "".join(f'"{s.replace(chr(34), chr(34) * 2)}","{t.replace(chr(34), chr(34) * 2)}"\n' for s, t in rows)
    for kind, text in (("jsonl", lines), ("table", table)):
        document = read_text(text, "x", kind)
        assert [(s.text, s.source) for s in document.segments] == [(t.strip(), s.strip()) for s, t in rows]
        for segment in document.segments:
            start, end = segment.locate(0, len(segment.text))
            assert 0 < start < end < len(text)


@settings(max_examples=150, deadline=None)
@given(pairs=st.lists(st.tuples(st.text("ab \"\\\n\té😀", min_size=1), st.text("ab \"\\\n\té😀")), max_size=4))
def test_po_is_read_as_polib_reads_it(pairs: list[tuple[str, str]]) -> None:
    pairs = list({i: t for i, t in pairs if i.strip()}.items())
    file = polib.POFile()
    for identifier, text in pairs:
        file.append(polib.POEntry(msgid=identifier, msgstr=text))
    found = po.bitext(str(file), "x").segments
    assert [(s.source, s.text) for s in found] == [(i.strip(), t.strip()) for i, t in pairs if t.strip()]


def findings(result, key: str = "rule") -> list[str]:
    report = json.loads(result.stdout)
    return [f[key] for d in report["documents"] for f in d["findings"]]


def test_a_text_beside_its_source(tmp_path: Path, mtqa) -> None:
    (tmp_path / "fr.txt").write_text("La ville compte 54 000 habitants.\n\nLe pont est fermé depuis 17 jours.\n", "utf-8")
    target = tmp_path / "en.txt"
    target.write_text("The town has 45,000 inhabitants.\n\nThe bridge has been closed for days.\n", "utf-8")
    result = mtqa("check", *FAST, "--source", str(tmp_path / "fr.txt"), "--source-language", "fr", "--format", "json", str(target))
    assert result.returncode == 1, result.stderr
    assert findings(result) == ["bitext/number-changed", "bitext/number-lost"]
    text = target.read_text("utf-8")
    for finding in json.loads(result.stdout)["documents"][0]["findings"]:
        assert text[finding["start"] : finding["end"]] == finding["text"]


def test_wrapped_paragraphs_are_aligned(tmp_path: Path, mtqa) -> None:
    source = "La ville au bord du grand fleuve compte depuis longtemps\n54 000 habitants et deux ponts anciens.\n\nElle est belle.\n"
    target = "The town beside the great river has for a long time had\n54,000 people and two old bridges, one of which has been closed\nsince May.\n\nIt is lovely.\n"
    (tmp_path / "s.txt").write_text(source, "utf-8")
    (tmp_path / "t.txt").write_text(target, "utf-8")
    result = mtqa("check", *FAST, "--source", str(tmp_path / "s.txt"), "--format", "json", "--exit-zero", str(tmp_path / "t.txt"))
    assert result.returncode == 0, result.stderr
    assert "bitext/number-changed" not in findings(result)


def test_folders_beside_each_other(tmp_path: Path, mtqa) -> None:
    for folder, text in (("fr", "Il y a 17 ponts.\n"), ("en", "There are 71 bridges.\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(text, "utf-8")
    result = mtqa("check", *FAST, "--source", "fr", "--format", "json", "en", cwd=tmp_path)
    assert findings(result) == ["bitext/number-changed"]
    (tmp_path / "en" / "b.txt").write_text("More.\n", "utf-8")
    assert "b.txt: has no source" in result_error(mtqa("check", *FAST, "--source", "fr", "en", cwd=tmp_path))


def result_error(result) -> str:
    assert result.returncode == 2
    return result.stderr.decode()


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("Un\nDeux\nTrois\n", "One\nTwo\n", "t.txt:2: 2 lines, where s.txt has 3"),
        ("Un\nDeux\nTrois\n", "One\n\nThree\n", "t.txt:2: this line is empty"),
        ("Un\n", "", "holds no text"),
    ],
)
def test_texts_that_do_not_fit_together(tmp_path: Path, mtqa, source: str, target: str, said: str) -> None:
    (tmp_path / "s.txt").write_text(source)
    (tmp_path / "t.txt").write_text(target)
    assert said in one_line(mtqa("check", "--no-config", "--source", "s.txt", "t.txt", "--format", "json", cwd=tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tmx", '<!DOCTYPE tmx [<!ENTITY x SYSTEM "file:///etc/passwd">]><tmx/>', "a.tmx:1: a DOCTYPE is not allowed"),
        ("a.xlf", "<xliff version='1.2'>\n<file></xliff>", "a.xlf:2: not well-formed XML"),
        ("a.xlf", "<xliff version='1.2'><file target-language='fr'/></xliff>", "the translation is in “fr”"),
        ("a.xlf", "<html/>", "no XLIFF 1 or 2"),
        ("a.csv", "source,target\nOui,Yes,No\n", "a.csv:2: 3 fields, where the header has 2"),
        ("a.csv", "source,target\nOui,\n", "a.csv:2: the translation is empty"),
        ("a.csv", 'source,target\nOui,"Yes\n', "a.csv:2: the quotation mark"),
        ("a.csv", "a,b\n1,2\n", "no column is called"),
        ("a.jsonl", '{"src": "Oui", "mt": "Yes"}\n{"src": \n', "a.jsonl:2: no JSON object"),
        ("a.jsonl", '{"src": "", "mt": "Yes"}\n', "a.jsonl:1: the source is empty"),
        ("a.po", 'msgid "Oui"\nmsgstr Yes\n', "a.po:2: expected msgid, msgstr"),
        ("a.po", 'msgstr "Yes"\n', "a.po:1: msgstr without a msgid"),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path: Path, mtqa, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert said in one_line(mtqa("check", "--no-config", "--format", "json", name, cwd=tmp_path))


GLOSSARY = "source,term,variants,forbidden\nchemin de fer,railway,,iron road\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("g.csv", GLOSSARY + "chemin de fer,Railway,,\n", "g.csv:3: the term “Railway” stands on line 2 already"),
        ("g.csv", GLOSSARY + "pont,,,\n", "g.csv:3: the term is empty"),
        ("g.csv", "a,b\n", "g.csv:1: no column is called “term”"),
        ("g.tbx", "<?xml version='1.0'?>\n<!DOCTYPE martif SYSTEM 'TBXcoreStructV02.dtd'>\n<martif/>", "g.tbx:2: a DOCTYPE"),
        ("g.tbx", "<martif><termEntry><langSet xml:lang='en'>\n<tig><term> </term></tig></langSet></termEntry></martif>", "g.tbx:2: the term is empty"),
        ("no.csv", None, "no.csv: No such file"),
    ],
)
def test_bad_glossaries(tmp_path: Path, mtqa, name: str, content: str | None, said: str) -> None:
    (tmp_path / "t.txt").write_text("The iron road is old.\n")
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    assert said in one_line(mtqa("check", "--no-config", "--glossary", name, "t.txt", cwd=tmp_path))


TBX = """<martif type="TBX"><text><body><termEntry id="1">
<langSet xml:lang="fr"><tig><term>chemin de fer</term></tig></langSet>
<langSet xml:lang="en"><tig><term>railway</term></tig>
<tig><term>iron road</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig></langSet>
</termEntry></body></text></martif>
"""


@pytest.mark.parametrize(("name", "content"), [("g.csv", GLOSSARY), ("g.tbx", TBX)])
def test_a_forbidden_term_is_replaced_in_its_form(tmp_path: Path, mtqa, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "t.txt").write_text("Iron roads were built. One iron road is left.\n")
    (tmp_path / ".mtqa.toml").write_text(f'glossary = ["{name}"]\n')
    assert mtqa("check", "--fix", "t.txt", cwd=tmp_path).returncode == 0
    assert (tmp_path / "t.txt").read_text() == "Railways were built. One railway is left.\n"


def test_a_memory_that_has_the_source(tmp_path: Path, mtqa) -> None:
    (tmp_path / "m.tmx").write_text(TMX, "utf-8")
    (tmp_path / "a.csv").write_text("source,target\nLe pont est fermé depuis hier soir.,They shut it.\nLe pont est fermé depuis hier.,We can cross again.\n", "utf-8")
    result = mtqa("check", "--no-config", "--checks", "memory", "--tm", "m.tmx", "--format", "json", "a.csv", cwd=tmp_path)
    assert findings(result) == ["memory/exact", "memory/fuzzy"]
    assert "88% match" in findings(result, "message")[1]


def test_fixes_are_written_as_the_format_has_them(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.xlf").write_text(XLIFF, "utf-8")
    mtqa("check", "--no-config", "--checks", "bitext", "--fix", "a.xlf", cwd=tmp_path)
    assert (tmp_path / "a.xlf").read_text("utf-8") == XLIFF.replace(">4.500</g> tickets", ">4,500</g> tickets")
    bare = "source,target\nVendieron 4.500 entradas.,They sold 4.500 tickets.\n"
    (tmp_path / "a.csv").write_text(bare, "utf-8")
    mtqa("check", "--no-config", "--checks", "bitext", "--source-language", "es", "--fix", "a.csv", cwd=tmp_path)
    # “4,500” would be two fields there.
    assert (tmp_path / "a.csv").read_text("utf-8") == bare


def test_bitext_files_in_a_folder_are_read_where_asked_for(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.txt").write_text("All is well.\n")
    (tmp_path / "prices.csv").write_text("a,b\n1,2\n")
    assert mtqa("check", "--no-config", ".", cwd=tmp_path).returncode == 0
    assert b"no column is called" in mtqa("check", "--no-config", "--include", "*.csv", ".", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("4.500", "es", 4500), ("4,5", "es", 4.5), ("4,500", "en", 4500), ("4.500", "en", 4.5), ("1 200 000", "fr", 1200000),
        ("3,5 млн", "ru", 3500000), ("٣٤", "ar", 34), ("५० लाख", "ne", 5000000), ("1.234,5", "de", 1234.5), ("3万", "zh", 30000),
    ],
)  # fmt: skip
def test_numbers_are_read_as_their_language_writes_them(written: str, language: str, value: float) -> None:
    assert value in [float(v) for q in quantities.in_digits(written, language) for v in q.values]


def test_english_number_words() -> None:
    found = quantities.in_english_words("Two hundred and five people, twenty-one dogs, two and a half years, the nineties.")
    assert [float(q.value) for q in found] == [205, 21, 2.5, 90]


def test_a_fix_is_a_number_in_english_format() -> None:
    (quantity,) = quantities.in_digits("1.234,50", "de")
    assert numbers.in_english(quantity, "1.234,50") == "1,234.50"


def test_a_language_that_is_not_english_is_refused() -> None:
    with pytest.raises(MtqaError, match="the translation is in “de”"):
        read_text('msgid ""\nmsgstr "Language: de\\n"\n', "x.po", "po")
