"""A rule's examples and phrase-table entries as tests: what `mtqa rules test` runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from qa import checks
from qa.alignment import align
from qa.checker import merge
from qa.config import Settings
from qa.document import Document
from qa.errors import MtqaError
from qa.finding import Finding
from qa.fixes import apply
from qa.grammar import languagetool
from qa.lexicons import Lexicons, spellings
from qa.lm import missing_packages, model
from qa.phrases import Entry, instances
from qa.readers import read_text
from qa.rulebook import EDITED_PROSE, Example, Rule, Rulebook, compile_rules, shipped_folder

_SAMPLES = {"number": "12", "year": "2015", "name": "Anna Kowalska", "_": "certain"}
_TOPIC_WORDS_SHOWN = 4


def run(paths: Sequence[Path], *, verbose: bool = False) -> tuple[list[str], int, int]:
    """Test the rules in these folders or files (mtqa's own for none): (lines to print, failures, rules tested)."""
    folders, chosen = _folders(paths)
    everything = [shipped_folder(), *folders]
    rulebook = Rulebook(compile_rules(everything, chosen=chosen))
    lexicons = Lexicons(everything)
    lines: list[str] = []
    failures = count = 0
    for rule in rulebook.rules.values():
        count += 1
        if missing := needs_more(rule):
            lines.append(f"{rule.path}:1: its examples were not run, which needs {missing}")
        problems = list(problems_of(rule, rulebook, lexicons))
        failures += len(problems)
        lines += problems
        if verbose:
            lines += [
                f"{rule.id}:{e.line}: {_shown(e, rule, rulebook, lexicons)}" for e in rulebook.entries_of(rule.id)
            ]
    if not count:
        raise MtqaError("no rules to test in " + ", ".join(map(str, paths)))
    return lines, failures, count


def problems_of(rule: Rule, rulebook: Rulebook, lexicons: Lexicons) -> Iterator[str]:
    """What is wrong with a rule's examples and entries, a line each with file and line."""
    bad = sum(e.bad for e in rule.examples)
    if bad < 2 or len(rule.examples) - bad < 2:
        yield f"{rule.path}:1: expected at least two bad and two good examples"
    for example in rule.examples if not needs_more(rule) else ():
        for problem in _example(rule, rulebook, example):
            yield f"{rule.path}:{example.line}: {problem}: {example.text.strip()}"
    alone = rulebook.view(lambda other: other.id == rule.id)  # thousands of entries: nobody else need look
    for entry in alone.entries_of(rule.id):
        for problem in _entry(rule, entry, alone, lexicons):
            yield f"{rule.path}:{entry.line}: {problem} (entry: {entry.text})"


def findings_of(
    rule: Rule, rulebook: Rulebook, text: str, example: Example | None = None
) -> tuple[Document, tuple[Finding, ...]]:
    """The document and this rule's findings in a piece of plain text, whatever the document's topic.

    ``example``: where the text is from; it says what the text translates and is checked with.
    """
    document = read_text(text, "example", "text")
    glossary = memory = ""
    if example is not None:
        glossary, memory = example.glossary, example.memory
        if example.source is not None:
            document = align(document, read_text(example.source, "its source", "text"))
            document = replace(document, source_language=example.language or None)
    # Proposals compete for a place: the others stay out, so that a rule's examples show this one.
    others = tuple(r for r in rulebook.rules if r != rule.id) if rule.check == "proposals" else ()
    check = _check(rule.check or "rules", others, glossary, memory)
    if isinstance(check, checks.Opened):
        check.prepare([document])
    return document, merge(f for f in check.find(document, rulebook) if f.rule == rule.id)


@cache
def _check(name: str, disable: tuple[str, ...] = (), glossary: str = "", memory: str = "") -> checks.Check:
    """The check, ready to run. Whatever it holds open ends with this process."""
    with TemporaryDirectory() as folder:
        paths = {"glossary": Path(folder) / "glossary.csv", "memory": Path(folder) / "memory.csv"}
        for key, content in (("glossary", glossary), ("memory", memory)):
            paths[key].write_text(content, "utf-8")
        settings = Settings(
            checks=("fluency",) if name == "fluency" else (),
            grammar="languagetool",
            model=str(model.default_path()),
            tagger="on" if name in ("fluency", "proposals") else "off",
            all=True,
            disable=disable,
            glossary=(str(paths["glossary"]),) if glossary else (),
            tm=(str(paths["memory"]),) if memory else (),
        )
        check = checks.load(name, settings)
    assert check is not None
    return check


def needs_more(rule: Rule) -> str:
    """What a rule's examples need and this machine has not; empty where they can be run."""
    if rule.check == "grammar" and not languagetool.is_available():
        return "LanguageTool (mtqa grammar install)"
    if rule.check == "proposals" and (missing_packages() or model.default_path() is None):
        return "the language model (mtqa lm install)"
    return ""


def _example(rule: Rule, rulebook: Rulebook, example: Example) -> Iterator[str]:
    text, fix = example.plain, example.fix
    _, found = findings_of(rule, rulebook, text, example)
    if not example.bad:
        if found:
            yield f"good example is flagged at “{found[0].text}”"
        return
    if len(found) != 1:
        yield f"expected one finding, there are {len(found)} ({', '.join(f'“{f.text}”' for f in found)})"
        return
    finding = found[0]
    if (finding.start, finding.end) != example.span:
        yield f"expected “{text[slice(*example.span)]}” to be marked, not “{finding.text}”"
    if fix is None:
        if finding.suggestions:
            yield f"the example has no fix, but the rule suggests “{finding.suggestions[0].text}”"
        return
    fixed = apply(text, [finding], unsafe=True)
    if fixed != fix:
        yield f"the fix gives “{fixed}”"
    elif again := findings_of(rule, rulebook, fixed, example)[1]:
        yield f"the fixed text is flagged at “{again[0].text}”"


def _entry(rule: Rule, entry: Entry, rulebook: Rulebook, lexicons: Lexicons) -> Iterator[str]:
    tail = _topic_tail(rule, entry, lexicons)
    for sentence, (start, end) in instances(entry.text, lambda name: _sample(name, lexicons)):
        _, found = findings_of(rule, rulebook, sentence + tail)
        hits = [f for f in found if f.start < end and start < f.end]
        if not hits:
            yield f"not found in “{sentence}”"
            return
        if not hits[0].suggestions:
            continue
        fixed = apply(sentence + tail, hits[:1], unsafe=True)
        again = findings_of(rule, rulebook, fixed)[1]
        if any(f.start < hits[0].start + len(hits[0].suggestions[0].text) and f.end > hits[0].start for f in again):
            yield f"its own fix is flagged: “{fixed.removesuffix(tail)}”"
            return


def _shown(entry: Entry, rule: Rule, rulebook: Rulebook, lexicons: Lexicons) -> str:
    sentence, _ = next(iter(instances(entry.text, lambda name: _sample(name, lexicons))))
    tail = _topic_tail(rule, entry, lexicons)
    _, found = findings_of(rule, rulebook, sentence + tail)
    fixed = [apply(sentence + tail, [f], unsafe=True).removesuffix(tail) for f in found[:1] if f.suggestions]
    return f"{sentence}  →  {fixed[0] if fixed else '(no fix)'}"


def _topic_tail(rule: Rule, entry: Entry, lexicons: Lexicons) -> str:
    words: list[str] = []
    for topic in {rule.near, entry.topic} - {"", EDITED_PROSE}:
        words += sorted(lexicons.terms(f"topic-{topic}"))[:_TOPIC_WORDS_SHOWN]
    return f"\n\nTopic: {', '.join(words)}.\n" if words else ""


def _sample(name: str, lexicons: Lexicons) -> str:
    if name in _SAMPLES:
        return _SAMPLES[name]
    for term, _ in lexicons.lines(name):
        if not term.startswith("/"):
            return spellings(term)[0]
    return "word"


def _folders(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """(rule folders to load, files or folders that limit the test)."""
    shipped = shipped_folder().resolve()
    folders: list[Path] = []
    for path in paths:
        if not path.exists():
            raise MtqaError(f"{path}: no such file or folder")
        resolved = path.resolve()
        if shipped == resolved or shipped in resolved.parents:
            continue
        folder = path if path.is_dir() else path.parent
        # A rule's id is family/name, so the folder of a single file's family is the rule folder.
        folders.append(folder if path.is_dir() else folder.parent)
    return folders, [p.resolve() for p in paths]
