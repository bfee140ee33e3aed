"""The rulebook: rule files checked, compiled, cached, and ready to be asked what may fire in a paragraph.

One YAML file a rule (docs/rule-format.md). What takes time, reading YAML and inflecting phrase tables, is
done once and kept in the user's cache folder under a key made of every rule file's content.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, cast

import re2

import qa
from qa.errors import MtqaError, did_you_mean
from qa.finding import CATEGORIES, Severity
from qa.lexicons import Lexicons, in_class, is_class
from qa.phrases import Entry, Part, PhraseError, parse
from qa.suggest import fields, known_filter
from qa.yamlfile import YamlFile

_MARGIN = 6.0
"""Bits by which a language model must prefer a proposal whose rule says nothing else."""
STATUSES = ("preview", "stable", "deprecated")
_KEYS = (
    "message",
    "category",
    "severity",
    "confidence",
    "status",
    "source-languages",
    "pattern",
    "entries",
    "check",
    "engines",
    "where",
    "unless",
    "near",
    "suggest",
    "safe",
    "verify",
    "margin",
    "why",
    "examples",
)
_REQUIRED = ("message", "category", "severity", "confidence", "why", "examples")
_BESIDE = ("source", "language", "glossary", "memory")
"""What an example may be checked with."""
_EXAMPLE_KEYS = frozenset({"bad", "good", "fix", *_BESIDE})
_LISTED = re.compile(r"(\S+) +(0?\.\d+|0|1|1\.0)( +safe)?")
_EXPANSION = re.compile(r"\{([a-z][a-z0-9-]*)\}")
_TOPIC_WORDS = 3
_FOR_CHECKS = ("say",)
"""Lexicons whose alternation checks use besides rules."""
_CLASSES_FOR_CHECKS = ("abbreviation",)
"""Lexicons whose words checks and proposers ask for besides rules."""
EDITED_PROSE = "edited-prose"
"""What ``near`` names instead of a topic where a rule is not for chat and notes in small letters."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with the flagged part marked (``bad``, with the text after the ``fix``) or one to leave alone.

    ``source``: what it translates, from ``language``; ``glossary`` and ``memory``: CSV files that it is checked with.
    """

    text: str
    bad: bool
    fix: str | None = None
    line: int = 0
    source: str | None = None
    language: str = ""
    glossary: str = ""
    memory: str = ""

    @property
    def plain(self) -> str:
        """The sentence without its marks."""
        return self.text.replace(">>", "").replace("<<", "")

    @property
    def span(self) -> tuple[int, int]:
        """Where the marked part stands in ``plain``."""
        start = self.text.index(">>")
        return start, self.text.index("<<") - 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule of another checker that one of ours passes on: its measured share of right findings, 0 to 1.

    ``safe``: its first suggestion may be applied without asking. ``id``: ``*`` stands for all that no rule lists.
    """

    id: str
    confidence: float
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file describes it. ``patterns`` are RE2 with lexicons filled in.

    ``engines``: what it passes on of other checkers, by their names. ``margin``: the bits by which a language model
    must prefer the fix of a rule that is to be verified.
    """

    id: str
    path: str
    message: str
    category: str
    severity: Severity
    confidence: float
    status: str
    why: str
    examples: tuple[Example, ...]
    languages: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    near: str = ""
    suggest: tuple[str, ...] = ()
    safe: bool = False
    verify: bool = False
    margin: float = _MARGIN
    check: str = ""
    entries: int = 0
    engines: Mapping[str, tuple[Listed, ...]] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return self.id.split("/")[0]


SHIPPED_COMPILED = Path(__file__).parent / "rulebook.txt"
"""mtqa's own rules as the wheel ships them, compiled when it was built; not there in a checkout."""


def shipped_folder() -> Path:
    """The folder of mtqa's own rules: inside the installed package, or at the top of a checkout."""
    inside = Path(__file__).parent / "rules"
    return (inside if inside.is_dir() else Path(__file__).parent.parent / "rules") / "en"


def _options() -> Any:
    """RE2's options; what is wrong with a pattern is reported by us, not printed by RE2."""
    options = re2.Options()
    options.log_errors = False
    return options


class _Search:
    """Which of many patterns may match in a paragraph, in one or two passes over it.

    Most patterns need some word to be there; RE2's filter finds those words in one pass, and leaves few patterns
    to try. The rest, which need only a digit or a sign, make one small RE2 set. (One set of all patterns is a hundred
    times slower: its states multiply with every “any word” that a pattern begins with.)
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        options = _options()
        self._filter = re2.Filter()
        for pattern in patterns:
            self._filter.Add(pattern.encode(), options)
        self._filter.Compile()
        self._bare = sorted(self._filter.Match(b"", True) or ())
        options.never_capture = True
        options.max_mem = 1 << 28
        self._set = re2.Set.SearchSet(options)
        for index in self._bare:
            self._set.Add(patterns[index].encode())
        if self._bare:
            self._set.Compile()
        self._is_bare = frozenset(self._bare)
        self._programs: dict[int, tuple[Any, dict[str, int]]] = {}

    def candidates(self, text: bytes) -> list[int]:
        """Indexes of the patterns worth trying, in order."""
        found = [i for i in self._filter.Match(text, True) or () if i not in self._is_bare]
        if self._bare:
            matched = self._set.Match(text)
            found += [self._bare[i] for i in matched or ()]
        return sorted(found)

    def program(self, index: int) -> tuple[Any, dict[str, int]]:
        """The compiled program of the n-th pattern, and the numbers of its named groups."""
        if index not in self._programs:
            program = self._filter.re(index)
            self._programs[index] = program, {_name(n): number for n, number in program.groupindex.items()}
        return self._programs[index]


class Rulebook:
    """Compiled rules. Use ``load``; ``folders`` are rule folders, mtqa's own first, then the user's."""

    def __init__(self, compiled: bytes) -> None:
        """``compiled``: a header of JSON, the dictionary's forms, its lemmas, then a phrase-table entry a line.

        Few of the tens of thousands of entries are ever looked at: they stay bytes until then.
        """
        first = compiled.index(b"\n")
        header = json.loads(compiled[:first])
        forms, lemmas = header["tables"]
        second = first + 1 + forms
        third = second + 1 + lemmas
        if len(compiled) != third + sum(header["sizes"]) + len(header["sizes"]):
            raise ValueError("cut short")
        self.digest: str = header["digest"]
        self.rules: dict[str, Rule] = {r["id"]: _rule_from(r) for r in header["rules"]}
        self._index: dict[str, list[int]] = header["index"]
        self._anchors = frozenset(self._index)
        self._also: list[str] = header["also"].split("\n")
        self._entry_rules = [rule for rule, count in header["entry_rules"] for _ in range(count)]
        self._topics: dict[str, frozenset[str]] = {k: frozenset(v) for k, v in header["topics"].items()}
        self._classes: dict[str, list[str]] = header["classes"]
        self._members: dict[str, frozenset[str]] = {}
        self._maps: dict[str, dict[str, str]] = header["maps"]
        self.lexicons: dict[str, str] = header["lexicons"]
        self._forms, self._lemmas = compiled[first + 1 : second].decode(), compiled[second + 1 : third].decode()
        self.compiled = compiled
        self._ends = list(accumulate((size + 1 for size in header["sizes"]), initial=third))
        self._entries: dict[int, Entry] = {}
        self._programs: dict[str, Any] = {}
        self._patterns: list[tuple[str, str]] = [(r.id, p) for r in self.rules.values() for p in r.patterns]
        self._enabled = frozenset(self.rules)

    @cached_property
    def _search(self) -> _Search:
        return _Search([pattern for _, pattern in self._patterns])

    def only(self, accept: Callable[[Rule], bool]) -> None:
        """Keep only the rules that ``accept`` takes; the others are not searched for."""
        self._enabled = frozenset(r.id for r in self.rules.values() if accept(r))
        self._patterns = [(r, p) for r, p in self._patterns if r in self._enabled]
        self.__dict__.pop("_search", None)

    def view(self, accept: Callable[[Rule], bool]) -> Rulebook:
        """The same rulebook with other rules switched on; this one stays as it is."""
        other = copy.copy(self)
        other._entries, other._programs = {}, {}  # what only the view looks at goes with it
        other._patterns = [(r.id, p) for r in self.rules.values() for p in r.patterns]
        other.only(accept)
        return other

    def is_enabled(self, rule: str) -> bool:
        """Whether the rule exists and is switched on."""
        return rule in self._enabled

    def patterns_in(self, folded: bytes) -> Iterator[tuple[Rule, Any, dict[str, int]]]:
        """The rules with a pattern that may match somewhere in the paragraph, with the pattern's program and groups."""
        if not self._patterns:
            return
        for index in self._search.candidates(folded):
            rule, _ = self._patterns[index]
            yield self.rules[rule], *self._search.program(index)

    def entries_in(self, words: frozenset[str]) -> Iterator[tuple[Rule, Entry, Any]]:
        """The phrase-table entries that may fire in a paragraph with these (lower-case) words and pairs of words."""
        index, also = self._index, self._also
        numbers = {n for anchor in words & self._anchors for n in index[anchor]}
        for number in sorted(numbers):
            if (needed := also[number]) and words.isdisjoint(needed.split("|")):
                continue
            rule = self._entry_rules[number]
            if rule in self._enabled:
                entry = self.entry(number)
                yield self.rules[rule], entry, self.program(entry.pattern)

    def entry(self, number: int) -> Entry:
        """The n-th compiled entry."""
        if number not in self._entries:
            row = self.compiled[self._ends[number] + 1 : self._ends[number + 1]]
            self._entries[number] = _entry_from(json.loads(row), self._also[number])
        return self._entries[number]

    def entries_of(self, rule: str) -> Iterator[Entry]:
        """The entries of one rule's phrase table."""
        for number, owner in enumerate(self._entry_rules):
            if owner == rule:
                yield self.entry(number)

    def program(self, pattern: str) -> Any:
        """The compiled RE2 program of a pattern, for bytes."""
        if pattern not in self._programs:
            self._programs[pattern] = re2.compile(pattern.encode(), _options())
        return self._programs[pattern]

    def belongs(self, text: str, names: Sequence[str]) -> bool:
        """Whether a term is in all of these word classes and lexicons (``not NAME``: in none of it)."""
        term = text.lower()
        for name in names:
            negated = name.startswith("not ")
            name = name[4:] if negated else name
            if name in self._classes:
                if name not in self._members:
                    self._members[name] = frozenset(self._classes[name])
                found = term in self._members[name]
            else:
                found = in_class(self._tags(term), name)
            if found == negated:
                return False
        return True

    def _tags(self, form: str) -> frozenset[str]:
        """The Penn tags that the dictionary gives a form."""
        return frozenset(reading.partition("=")[0] for reading in _look_up(self._forms, form))

    def reinflect(self, form: str, tag: str) -> str:
        """Another form of the same word; an unknown word is inflected by rule."""
        readings = [r.partition("=")[::2] for r in _look_up(self._forms, form.lower()) if r[0] == tag[0]]
        if not readings:
            from qa.morphology import reinflect

            return reinflect(form, tag)
        # “found” asked for its past is “find”, asked for its third person “found”; “millions” is no singular.
        likely = {"VBD": "VBN", "NN": "NNS", "NNS": "NN"}.get(tag, "VB")
        lemma = next((lemma for known, lemma in readings if known == likely), readings[0][1])
        for inflected in _look_up(self._lemmas, lemma):
            known, _, spelling = inflected.partition("=")
            if known == tag:
                return spelling
        return lemma

    def topic_holds(self, topic: str, document_words: frozenset[str]) -> bool:
        """Whether a document with these words speaks of the topic."""
        return len(self._topics[topic] & document_words) >= _TOPIC_WORDS

    def value(self, lexicon: str, term: str) -> str:
        """The value of ``term -> value``; KeyError where there is none."""
        table = self._maps[lexicon]
        return table[term] if term in table else table[term.lower()]


def _look_up(table: str, key: str) -> list[str]:
    """The values of a key in ``key:value,value;key:…``, one long sorted line, by binary search."""
    low, high = 0, len(table)
    while low < high:
        middle = table.rfind(";", low, (low + high) // 2)
        start = middle + 1 if middle >= 0 else low
        end = table.find(";", start)
        end = len(table) if end < 0 else end
        found, _, values = table[start:end].partition(":")
        if found == key:
            return values.split(",")
        if found < key:
            low = end + 1
        else:
            high = start
    return []


def _name(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def load(folders: Sequence[Path] = (), *, cache: Path | None = None) -> Rulebook:
    """mtqa's own rules and those of the user's ``folders``, compiled, from ``cache`` where it is current.

    Raises MtqaError with file, line and column for a rule that cannot be read.
    """
    everything = [shipped_folder(), *folders]
    files = _files(everything)
    digest = _digest(files)
    folder = cache if cache is not None else cache_folder()
    target = folder / f"rulebook-{digest}.txt" if folder else None
    for place in (SHIPPED_COMPILED, target):
        try:
            if place is not None and (book := Rulebook(place.read_bytes())).digest == digest:
                return book
        except (OSError, ValueError, KeyError, IndexError, TypeError):
            continue  # not there, or not whole: it is made anew below
    compiled = compile_rules(everything, digest, known=load(cache=cache).compiled if folders else None)
    if target is not None:
        _write(target, compiled)
    return Rulebook(compiled)


def compile_shipped() -> bytes:
    """mtqa's own rules, compiled, for the wheel."""
    folders = [shipped_folder()]
    return compile_rules(folders, _digest(_files(folders)))


def cache_folder() -> Path | None:
    """``MTQA_CACHE``, or the user's cache folder; None where ``MTQA_CACHE`` is empty."""
    named = os.environ.get("MTQA_CACHE")
    if named is not None:
        return Path(named) if named else None
    import platformdirs

    return Path(platformdirs.user_cache_dir("mtqa"))


def _write(target: Path, data: bytes) -> None:
    """All or nothing; a cache that cannot be written is done without."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for old in sorted(target.parent.glob("rulebook-*.txt"), key=lambda p: p.stat().st_mtime)[:-7]:
            old.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".rulebook-")
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).replace(target)
    except OSError:
        return


def _files(folders: Sequence[Path]) -> list[tuple[str, Path]]:
    out: list[tuple[str, Path]] = []
    for folder in folders:
        if not folder.is_dir():
            raise MtqaError(f"{folder}: no such rule folder")
        out += [(p.relative_to(folder).as_posix(), p) for p in sorted(folder.rglob("*.yaml"))]
        out += [(p.relative_to(folder).as_posix(), p) for p in sorted(folder.rglob("*.yml"))]
        out += [(p.relative_to(folder).as_posix(), p) for p in sorted((folder / "lexicons").glob("*.txt"))]
    return out


def _digest(files: Sequence[tuple[str, Path]]) -> str:
    digest = hashlib.sha256(qa.__version__.encode())
    here = Path(__file__).parent
    for name in ("rulebook.py", "phrases.py", "morphology.py", "lexicons.py", "suggest.py"):
        digest.update((here / name).read_bytes() if (here / name).exists() else b"")
    for name, path in files:
        try:
            content = path.read_bytes()
        except OSError as e:
            raise MtqaError(f"{path}: {e.strerror or e}") from None
        digest.update(f"\0{name}\0{len(content)}\0".encode("utf-8", "surrogatepass"))
        digest.update(content)
    return digest.hexdigest()[:16]


def compile_rules(
    folders: Sequence[Path], digest: str = "", chosen: Sequence[Path] = (), known: bytes | None = None
) -> bytes:
    """The rules of the folders as ``Rulebook`` reads them. Raises MtqaError.

    ``chosen``: only the rule files that are one of these or lie below one of them; all if empty. ``known``: what the
    first folder alone is compiled to.
    """
    lexicons = Lexicons(folders)
    topics = {n[6:]: sorted(lexicons.terms(n)) for n in lexicons.names if n.startswith("topic-")}
    # A folder that adds to a lexicon of the first changes what the first's rules mean.
    is_known = known is not None and all(len(paths) == 1 for paths in lexicons.files.values())
    done, tables, compiled = _taken_apart(known if is_known else None)
    rules: list[dict[str, Any]] = done["rules"]
    entries: list[Entry] = []
    owners: list[str] = []
    classes: set[str] = {c for c in _CLASSES_FOR_CHECKS if c in lexicons} | set(done["classes"])
    seen: dict[str, str] = {rule["id"]: rule["path"] for rule in rules}
    for folder in folders[1:] if is_known else folders:
        for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
            name = path.relative_to(folder).with_suffix("").as_posix()
            if chosen and not any(path.resolve() == c or c in path.resolve().parents for c in chosen):
                continue
            if name in seen:
                raise MtqaError(f"{path}:1:1: the rule “{name}” stands in {seen[name]} already")
            seen[name] = str(path)
            rule, table = _read(YamlFile(path), name, lexicons, topics)
            rules.append(asdict(rule))
            entries += table
            owners += [name] * len(table)
            classes.update(c.removeprefix("not ") for names in rule.where.values() for c in names)
    index: dict[str, list[int]] = done["index"]
    for number, entry in enumerate(entries, len(done["sizes"])):
        for anchor in entry.anchors:
            index.setdefault(anchor, []).append(number)
    rows = [_json(_row(entry)) for entry in entries]
    header = {
        "digest": digest,
        "rules": rules,
        "index": index,
        "also": "\n".join([*done["also"].split("\n")[: len(done["sizes"])], *("|".join(e.also) for e in entries)]),
        "entry_rules": [*done["entry_rules"], *([name, len(list(same))] for name, same in groupby(owners))],
        "tables": [len(table) for table in tables],
        "sizes": [*done["sizes"], *map(len, rows)],
        "topics": topics,
        "classes": {c: sorted(lexicons.terms(c)) for c in sorted(classes) if not is_class(c)},
        "lexicons": {n: lexicons.pattern(n) for n in _FOR_CHECKS if n in lexicons},
        "maps": {n: m for n in lexicons.names if (m := lexicons.mapping(n))},
    }
    return b"\n".join([_json(header), *tables, *compiled, *rows])


def _taken_apart(known: bytes | None) -> tuple[dict[str, Any], list[bytes], list[bytes]]:
    """(header, tables of the dictionary, compiled entries) of what is compiled already, or of nothing."""
    if known is None:
        from qa.morphology import dictionary

        nothing = {"rules": [], "classes": {}, "index": {}, "sizes": [], "also": "", "entry_rules": []}
        return nothing, [_table(words).encode() for words in dictionary()], []
    header, *tables, rows = known.split(b"\n", 3)
    return json.loads(header), tables, [rows]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _table(rows: Mapping[str, Mapping[str, str]]) -> str:
    return ";".join(
        f"{key}:{','.join(f'{k}={v}' for k, v in sorted(row.items()))}" for key, row in sorted(rows.items())
    )


def _shown(path: Path) -> str:
    """A rule file's path as reports name it: mtqa's own from ``rules/`` on, so that it is the same on every machine."""
    shipped = shipped_folder()
    return f"rules/en/{path.relative_to(shipped).as_posix()}" if path.is_relative_to(shipped) else str(path)


def _rule_from(data: dict[str, Any]) -> Rule:
    data = dict(data)
    data["severity"] = Severity(data["severity"])
    data["examples"] = tuple(Example(**e) for e in data["examples"])
    data["where"] = {k: tuple(v) for k, v in data["where"].items()}
    data["engines"] = {k: tuple(Listed(**entry) for entry in v) for k, v in data["engines"].items()}
    for key in ("languages", "patterns", "unless", "suggest"):
        data[key] = tuple(data[key])
    return Rule(**data)


_DEFAULTS = {f.name: f.default for kind in (Entry, Part) for f in dataclasses.fields(kind)}


def _row(entry: Entry) -> dict[str, Any]:
    """An entry without what is as usual; a part of a fix that is only text is that text."""

    def unusual(one: Entry | Part) -> dict[str, Any]:
        values = ((f.name, getattr(one, f.name)) for f in dataclasses.fields(one))
        return {name: value for name, value in values if value != _DEFAULTS[name]}

    fixes = [[part.text if part == Part(part.text) else unusual(part) for part in fix] for fix in entry.fixes]
    return {**unusual(entry), "fixes": fixes, "also": ()}


def _entry_from(data: dict[str, Any], also: str) -> Entry:
    def part(given: str | dict[str, Any]) -> Part:
        if isinstance(given, str):
            return Part(given)
        return Part(**{**given, "filters": tuple(given.get("filters", ()))})

    data["fixes"] = tuple(tuple(map(part, fix)) for fix in data["fixes"])
    data["also"] = tuple(filter(None, also.split("|")))
    for key in ("anchors", "before", "after"):
        data[key] = tuple(data.get(key, ()))
    return Entry(**data)


def _strings(file: YamlFile, key: str) -> list[str]:
    value = file.data.get(key)
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    for i, item in enumerate(values):
        if not isinstance(item, str):
            raise file.error(f"{key}: expected text", key, i)
    return cast(list[str], values)


def _read(file: YamlFile, name: str, lexicons: Lexicons, topics: Mapping[str, Any]) -> tuple[Rule, list[Entry]]:
    data = file.data
    for key in data:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise file.error(f"unknown key “{key}”{hint}", key)
    for key in _REQUIRED:
        if data.get(key) in (None, "", []):
            raise file.error(f"“{key}” is missing")
    for key in ("message", "why", "near", "check"):
        if key in data and not isinstance(data[key], str):
            raise file.error(f"{key}: expected text", key)
    if sum(key in data for key in ("pattern", "entries", "check")) != 1:
        raise file.error("expected one of “pattern”, “entries”, “check”")
    if data["category"] not in CATEGORIES:
        raise file.error(f"category: expected one of {', '.join(CATEGORIES)}", "category")
    if data["severity"] not in set(Severity):
        raise file.error(f"severity: expected one of {', '.join(Severity)}", "severity")
    confidence = data["confidence"]
    if not isinstance(confidence, int | float) or isinstance(confidence, bool) or not 0 < confidence <= 1:
        raise file.error("confidence: expected a number above 0, at most 1", "confidence")
    margin = data.get("margin", _MARGIN)
    if not isinstance(margin, int | float) or isinstance(margin, bool) or not 0 <= margin <= 100:
        raise file.error("margin: expected bits, from 0 to 100", "margin")
    status = data.get("status", "preview")
    if status not in STATUSES:
        raise file.error(f"status: expected one of {', '.join(STATUSES)}", "status")
    for key in ("safe", "verify"):
        if not isinstance(data.get(key, False), bool):
            raise file.error(f"{key}: expected true or false", key)
    near = data.get("near", "")
    if near and near != EDITED_PROSE and near not in topics:
        raise file.error(f"near: no lexicon “topic-{near}”", "near")
    patterns = tuple(_expand(file, p, i, lexicons) for i, p in enumerate(_strings(file, "pattern")))
    groups = {g for p in patterns for g in re.findall(r"\(\?P<([a-z_][a-z0-9_]*)>", p)}
    table = _entries(file, lexicons, topics) if "entries" in data else []
    rule = Rule(
        id=name,
        path=_shown(file.path),
        message=" ".join(data["message"].split()),
        category=data["category"],
        severity=Severity(data["severity"]),
        confidence=float(confidence),
        status=status,
        why=data["why"].strip(),
        examples=_examples(file),
        languages=tuple(_strings(file, "source-languages")),
        patterns=patterns,
        where=_where(file, groups, lexicons),
        unless=tuple(_expand(file, p, i, lexicons, "unless") for i, p in enumerate(_strings(file, "unless"))),
        near=near,
        suggest=_suggest(file, groups, lexicons),
        safe=data.get("safe", False),
        verify=data.get("verify", False),
        margin=float(margin),
        check=data.get("check", ""),
        entries=len(table),
        engines=_engines(file),
    )
    _check_message(file, groups, bool(table), lexicons, is_check=bool(rule.check))
    return rule, table


def _expand(file: YamlFile, pattern: str, index: int, lexicons: Lexicons, key: str = "pattern") -> str:
    place = (key, index) if isinstance(file.data[key], list) else (key,)

    def lexicon(match: re.Match[str]) -> str:
        if match[1] not in lexicons:
            hint = did_you_mean(match[1], lexicons.names)
            raise file.error(f"{key}: no lexicon “{match[1]}”{hint}", *place)
        return lexicons.pattern(match[1])

    expanded = _EXPANSION.sub(lexicon, pattern)
    try:
        re2.compile(expanded, _options())
    except re2.error as e:
        reason = e.args[0].decode("utf-8", "replace") if isinstance(e.args[0], bytes) else e
        raise file.error(f"{key}: not a RE2 pattern: {reason}", *place) from None
    return expanded


def _where(file: YamlFile, groups: set[str], lexicons: Lexicons) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    data = file.data.get("where") or {}
    if not isinstance(data, dict):
        raise file.error("where: expected group: word class or lexicon", "where")
    for group, value in data.items():
        if group not in groups:
            raise file.error(f"where: the pattern has no group “{group}”", "where", group)
        names = value if isinstance(value, list) else [value]
        for name in names:
            plain = str(name).removeprefix("not ")
            if not isinstance(name, str) or not (is_class(plain) or plain in lexicons):
                raise file.error(f"where: “{name}” is neither a word class nor a lexicon", "where", group)
        out[group] = tuple(names)
    return out


def _suggest(file: YamlFile, groups: set[str], lexicons: Lexicons) -> tuple[str, ...]:
    templates = _strings(file, "suggest")
    for i, template in enumerate(templates):
        for group, filters in fields(template):
            if group not in groups:
                raise file.error(f"suggest: the pattern has no group “{group}”", "suggest", i)
            for name in filters:
                if not known_filter(name) or (name.startswith("map:") and name[4:] not in lexicons):
                    raise file.error(f"suggest: no filter “{name}”", "suggest", i)
    return tuple(templates)


def _check_message(file: YamlFile, groups: set[str], is_table: bool, lexicons: Lexicons, is_check: bool) -> None:
    allowed = groups | {"match", "fix"} | ({"note"} if is_table else set())
    for group, filters in fields(file.data["message"]):
        if group not in allowed and not is_check:
            raise file.error(f"message: nothing is called “{group}” here", "message")
        for name in filters:
            if not known_filter(name):
                raise file.error(f"message: no filter “{name}”", "message")


def _entries(file: YamlFile, lexicons: Lexicons, topics: Mapping[str, Any]) -> list[Entry]:
    block = file.data["entries"]
    if not isinstance(block, str):
        raise file.error("entries: expected a block of lines (entries: |)", "entries")
    out: list[Entry] = []
    seen: dict[str, int] = {}

    def lexicon(name: str) -> str:
        return lexicons.pattern(name)

    for number, line in enumerate(block.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            entry = parse(line.strip(), lexicon, file.place("entries")[0] + number)
            re2.compile(entry.pattern, _options())
        except PhraseError as e:
            raise file.error(f"entries: {e} in “{line.strip()}”", "entries", line=number) from None
        except re2.error as e:
            raise file.error(f"entries: cannot be matched: {e}", "entries", line=number) from None
        if entry.topic and entry.topic not in topics:
            raise file.error(f"entries: no lexicon “topic-{entry.topic}”", "entries", line=number)
        if entry.pattern in seen:
            raise file.error(f"entries: the same phrase stands on line {seen[entry.pattern]}", "entries", line=number)
        seen[entry.pattern] = entry.line
        out.append(entry)
    return out


def _engines(file: YamlFile) -> dict[str, tuple[Listed, ...]]:
    """``engines: {languagetool: "ID share [safe]" a line, harper: …}``."""
    from qa.grammar import ENGINES

    data = file.data.get("engines") or {}
    if not isinstance(data, dict):
        raise file.error("engines: expected the name of an engine and a block of lines", "engines")
    out: dict[str, tuple[Listed, ...]] = {}
    for engine, block in data.items():
        if engine not in ENGINES:
            raise file.error(f"engines: no engine “{engine}”; there are {', '.join(ENGINES)}", "engines", engine)
        if not isinstance(block, str):
            raise file.error(f"engines: {engine}: expected a block of lines ({engine}: |)", "engines", engine)
        listed: list[Listed] = []
        for number, line in enumerate(block.splitlines(), 1):
            match = _LISTED.fullmatch(line.partition("#")[0].strip())
            if match:
                listed.append(Listed(match[1], float(match[2]), bool(match[3])))
            elif line.partition("#")[0].strip():
                problem = f"expected “ID share”, or “ID share safe”, not “{line.strip()}”"
                raise file.error(f"engines: {engine}: {problem}", "engines", engine, line=number)
        out[engine] = tuple(listed)
    return out


def _examples(file: YamlFile) -> tuple[Example, ...]:
    rows = file.data["examples"]
    if not isinstance(rows, list):
        raise file.error("examples: expected a list", "examples")
    out: list[Example] = []
    for i, row in enumerate(rows):
        if not isinstance(row, dict) or len({"bad", "good"} & set(row)) != 1 or set(row) - _EXAMPLE_KEYS:
            raise file.error("examples: expected “bad” with “fix”, or “good”", "examples", i)
        text = row.get("bad", row.get("good"))
        if not isinstance(text, str):
            raise file.error("examples: expected text", "examples", i)
        bad = "bad" in row
        if bad != (text.count(">>") == 1 and text.count("<<") == 1):
            raise file.error("examples: “bad” needs one >>marked<< part, “good” has none", "examples", i)
        more = {key: row[key] for key in ("fix", *_BESIDE) if row.get(key) is not None}
        for key, value in more.items():
            if not isinstance(value, str):
                raise file.error(f"examples: {key}: expected text", "examples", i)
        out.append(Example(text, bad, line=file.place("examples", i)[0], **more))
    return tuple(out)
