"""Numbers that the translation changed, lost or invented; dates; units, currencies and per cent.

A number agrees where any way of reading it on one side (4.500 is 4,500 in Spanish) is one on the other, in digits
or in words. What can be explained (a month's name, a clock of twelve hours, a Roman numeral) is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from qa.checks.bitext import language as known
from qa.checks.bitext.pair import Pair
from qa.checks.bitext.quantities import Quantity, in_digits, in_english_words, plain_digits, roman
from qa.finding import Finding

CHANGED = "bitext/number-changed"
FORMAT = "bitext/number-format"
LOST = "bitext/number-lost"
INVENTED = "bitext/number-invented"
MONTH = "bitext/month"
UNIT = "bitext/unit"
CURRENCY = "bitext/currency"
PERCENT = "bitext/percent"

_SMALL = 2
"""Numbers up to this one are said in too many ways (“both”, “a second”) to be missed."""
_DAYS = 32
_MAY = 5
_HOURS = 24
"""Many languages have a word for a day and a night."""
_IN_A_NAME = re.compile(r"[A-Za-z]-?$|/$")
_EVENING = re.compile(r"(?i)(?<![a-z])(?:p\.?m\b|afternoon|evening|night|o'clock)")
_REFERENCE = re.compile(r"\[\d{1,3}\]|^\s*\d{1,3}\)\s")
_SCALES = (100, 1000, 10**5, 10**6, 10**7, 10**9)
_PERCENT = re.compile(r"%|٪|‰|％")
_ENGLISH_PERCENT = re.compile(r"(?i)%|\bper ?cent|\bpercent|\bpct\b|\bpercentage|\bper mille|‰")


def find(pair: Pair) -> Iterator[Finding]:
    """Everything about numbers in one pair."""
    yield from _numbers(pair)
    yield from _months(pair)
    yield from _units(pair)
    yield from _percent(pair)


def _numbers(pair: Pair) -> Iterator[Finding]:
    source = _REFERENCE.sub(lambda m: " " * len(m[0]), pair.source)
    ours = in_digits(_REFERENCE.sub(lambda m: " " * len(m[0]), pair.text), "en")
    theirs = in_digits(source, pair.language)
    if not ours and not theirs:
        return
    words = list(in_english_words(pair.text))
    clock = _EVENING.search(pair.text) is not None
    reach = [*ours, *words, *roman(pair.text)]
    lost = [
        q for q in theirs if q.value > _SMALL and not any(_agree(q, other, clock, pair.language) for other in reach)
    ]
    counted = known.counts(pair.language, source)
    explained = [*theirs, *roman(source), *_named_months(pair)]
    new = [
        q
        for q in ours
        if not any(_agree(other, q, clock, pair.language) for other in explained) and not _is_counted(q, counted)
    ]
    used: set[int] = set()
    if known.eras(pair.language):
        # Days and months of another calendar.
        lost, new = ([q for q in quantities if q.value > _DAYS] for quantities in (lost, new))
    for quantity in lost:
        left = [q for q in new if q.start not in used and q.value > 1]
        other = next((q for q in left if q.text == plain_digits(quantity.text)), None) or _nearest(quantity, left, pair)
        if other is not None:
            used.add(other.start)
            yield from _changed(pair, quantity, other)
        elif not _hidden(quantity, pair) and pair.rulebook.is_enabled(LOST):
            start, end = pair.near(quantity.start)
            yield pair.mark(LOST, start, end, groups={"number": quantity.text})
    for quantity in new:
        if quantity.start not in used and _is_invented(quantity, counted, pair) and pair.rulebook.is_enabled(INVENTED):
            yield pair.mark(INVENTED, quantity.start, quantity.end)


def _agree(theirs: Quantity, ours: Quantity, clock: bool, language: str) -> bool:
    if theirs.agrees(ours):
        return True
    for a in theirs.values:
        for b in ours.values:
            if a.denominator == b.denominator == 1:
                # ’98 for 1998, the 90s for 1990s, and 2010–11.
                if 1000 <= max(a, b) < 2100 and a % 100 == b % 100 and min(a, b) < 100:
                    return True
                if 1000 < a < 2700 and a - b in known.eras(language):
                    return True
            if clock and 12 < a <= 24 and a - 12 == b:
                return True
            if _is_rounded(a, b, ours.text):
                return True
            # A word behind the number may be a scale that nobody told us.
            if theirs.before_word and plain_digits(theirs.text) != ours.text and b in [a * scale for scale in _SCALES]:
                return True
    return False


def _is_rounded(theirs: Fraction, ours: Fraction, written: str) -> bool:
    """Whether the translation says 5.3 where the source has 5.25."""
    places = len(written.rpartition(".")[2]) if "." in written else 0
    return theirs.denominator > 1 and ours != theirs and abs(theirs - ours) * 2 * 10**places <= 1 and theirs > 1


def _is_counted(quantity: Quantity, counted: dict[int, str] | None) -> bool:
    return counted is not None and any(Fraction(n) in quantity.values for n in counted)


def _is_invented(quantity: Quantity, counted: dict[int, str] | None, pair: Pair) -> bool:
    """Whether nothing in the source can be meant: no number word, or one too long to be written in words."""
    value = quantity.value
    if (
        value <= _SMALL
        or value == _HOURS
        or _IN_A_NAME.search(pair.text[: quantity.start])
        or pair.text.startswith("/7", quantity.end)
    ):
        return False
    if counted:
        return False
    if counted is None or (value <= _DAYS and not known.has_ordinals(pair.language)):
        return value > 100 and value % 100 != 0
    return value not in (100, 1000)


def _nearest(quantity: Quantity, candidates: list[Quantity], pair: Pair) -> Quantity | None:
    share = quantity.start / max(len(pair.source), 1)
    return min(candidates, key=lambda q: abs(q.start / max(len(pair.text), 1) - share), default=None)


def _hidden(quantity: Quantity, pair: Pair) -> bool:
    """Whether the digits stand in the translation after all, written together or apart."""
    digits = re.sub(r"\D", "", plain_digits(quantity.text))
    return digits in re.sub(r"\D", "", pair.text) if len(digits) > 1 else digits in pair.text


def _changed(pair: Pair, theirs: Quantity, ours: Quantity) -> Iterator[Finding]:
    rule = CHANGED if plain_digits(theirs.text) != ours.text else FORMAT
    if not pair.rulebook.is_enabled(rule):
        return
    fixes = []
    if len(theirs.values) == 1 and re.fullmatch(r"[\d.,\u00a0\u202f ]+", plain_digits(theirs.text)):
        fixes = [in_english(theirs, plain_digits(theirs.text))]
    yield pair.mark(rule, ours.start, ours.end, fixes, groups={"number": theirs.text})


def in_english(quantity: Quantity, written: str) -> str:
    """The number as English writes it: ``4,500``, ``3.5``; a number without marks stays as it is."""
    value = quantity.value
    if written.isdigit():
        return written
    if value.denominator == 1:
        return f"{int(value):,}"
    places = len(re.split(r"[.,]", written)[-1])
    whole = value.numerator // value.denominator
    return f"{whole:,}" + f"{float(value - whole):.{places}f}"[1:]


# --- months -------------------------------------------------------------------------------------


def _named_months(pair: Pair) -> list[Quantity]:
    """The source's names of months as numbers, so that “5/3” may stand for one."""
    return [Quantity(frozenset({Fraction(n)}), 0, 0, "", False) for n in _months_in(pair.source, pair.language)]


def _months_in(text: str, language: str) -> dict[int, tuple[int, int]]:
    """Months that stand beside a number, with their places."""
    names = known.months(language)
    if not names:
        return {}
    found: dict[int, tuple[int, int]] = {}
    plain = plain_digits(text)
    for match in re.finditer(r"[^\W\d_]{3,}", plain):
        if not re.search(
            r"\d[\d.ºª]{0,4}[ \u00a0]?(?:de |of |-)?$", plain[max(0, match.start() - 10) : match.start()]
        ) and not re.match(r"\.?,? (?:de |of |del )?\d", plain[match.end() : match.end() + 6]):
            continue
        word = known.romanised(match[0])
        number = names.get(word)
        if number is None and language != "en" and len(word) > 5:
            number = next((n for name, n in names.items() if len(name) > 4 and word.startswith(name[:-1])), None)
        if number is not None:
            found.setdefault(number, match.span())
    return found


def _months(pair: Pair) -> Iterator[Finding]:
    if not pair.rulebook.is_enabled(MONTH):
        return
    theirs, ours = _months_in(pair.source, pair.language), _months_in(pair.text, "en")
    missing = [n for n in theirs if n not in ours]
    if len(theirs) == len(ours) and len(missing) == 1:
        wrong = next(n for n in ours if n not in theirs)
        start, end = theirs[missing[0]]
        from babel.dates import get_month_names

        is_short = ours[wrong][1] - ours[wrong][0] <= 3 and wrong != _MAY
        fix = str(get_month_names("abbreviated" if is_short else "wide", locale="en")[missing[0]])
        yield pair.mark(MONTH, *ours[wrong], [fix], groups={"month": pair.source[start:end]})


# --- units --------------------------------------------------------------------------------------

_UNITS = (
    ("km", r"km|км|कि\.?मी\.?|公里|千米", r"km|kilomet(?:re|er)s?"),
    ("m", r"m|м|米", r"m|met(?:re|er)s?"),
    ("cm", r"cm|см|厘米", r"cm|centimet(?:re|er)s?"),
    ("mm", r"mm|мм|毫米", r"mm|millimet(?:re|er)s?"),
    ("kg", r"kg|кг|公斤|千克", r"kg|kilos?|kilogram(?:me)?s?"),
    ("g", r"g|г", r"g|gram(?:me)?s?"),
    ("mg", r"mg|мг", r"mg|milligram(?:me)?s?"),
    ("t", r"t|т", r"t|tonnes?|tons?"),
    ("l", r"l|л", r"l|L|lit(?:re|er)s?"),
    ("ml", r"ml|мл", r"ml|mL|millilit(?:re|er)s?"),
    ("km/h", r"km/h|км/ч|kmh", r"km/h|kmh|kph|kilomet(?:re|er)s (?:per|an) hour"),
    ("km²", r"km²|km2|км²|кв\. км", r"km²|km2|sq\.? km|square (?:km|kilomet(?:re|er)s?)"),
    ("ha", r"ha|га", r"ha|hectares?"),
    ("°C", r"°C|℃", r"°C|℃|degrees (?:C|Celsius)"),
    ("°F", r"°F|℉", r"°F|℉|degrees (?:F|Fahrenheit)"),
    ("kW", r"kW|кВт", r"kW|kilowatts?"),
    ("MW", r"MW|МВт", r"MW|megawatts?"),
    ("GB", r"GB|ГБ|Go", r"GB|gigabytes?"),
    ("MB", r"MB|МБ|Mo", r"MB|megabytes?"),
    ("miles", r"mi", r"mi|miles?|mph"),
    ("feet", r"ft", r"ft|feet|foot"),
    ("inches", r"in", r"inch(?:es)?"),
    ("pounds", r"lbs?", r"lbs?|pounds?"),
    ("ounces", r"oz", r"oz|ounces?"),
    ("yards", r"yd", r"yards?"),
)
_CURRENCIES = (
    ("euros", r"€|EUR|eur[oa]\w{0,3}|евро|ευρώ|欧元|ユーロ|유로", r"€|EUR|euros?"),
    ("dollars", r"(?:US|C|A)?\$|USD|d[oó]l{1,2}ar\w{0,4}|долл\w*|美元|ドル|달러|डलर", r"(?:US|C|A)?\$|USD|dollars?"),
    ("pounds", r"£|GBP|英镑|ポンド|파운드", r"£|GBP|pounds?(?: sterling)?"),
    ("yen", r"¥|JPY|yen\w{0,3}|иен\w*|円|日元|엔", r"¥|JPY|yen"),
    ("yuan", r"CNY|RMB|yuan\w{0,3}|юан\w*|元|人民币", r"¥|CNY|RMB|yuan|renminbi"),
    ("roubles", r"₽|RUB|руб\w*|rubl\w*", r"₽|RUB|rou?bles?"),
    ("francs", r"CHF", r"CHF|(?:Swiss )?francs?"),
    ("zlotys", r"PLN|zł|złot\w+", r"PLN|z[lł]ot(?:y|ys|ies)"),
    ("lei", r"RON|lei", r"RON|lei|leu"),
    ("lira", r"₺|TL|TRY|lira\w{0,3}", r"₺|TL|TRY|liras?"),
    ("rupees", r"₹|INR|NPR|रु\.?|रुपै?या\w*", r"₹|Rs\.?|INR|NPR|rupees?"),
    ("won", r"₩|KRW|원", r"₩|KRW|won"),
)
_AMOUNT = r"\d[\d.,\u00a0\u202f ]{0,14}"


class _Kind:
    """Units of one kind, by what a source writes and what English does."""

    def __init__(self, rows: tuple[tuple[str, str, str], ...], before: bool) -> None:
        self.names = [row[0] for row in rows]
        self.theirs = [self._pattern(row[1], before) for row in rows]
        self.ours = [self._pattern(row[2], before) for row in rows]

    @staticmethod
    def _pattern(unit: str, before: bool) -> re.Pattern[str]:
        scale = r"(?:[^\W\d_]{1,9}\.? ?(?:de )?)?" if before else ""
        after = rf"(?P<n>{_AMOUNT})[ \u00a0\u202f-]?{scale}(?P<unit>{unit})(?![\w²³/])"
        return re.compile(rf"{after}|(?<!\w)(?P<unit2>{unit})[ \u00a0]?(?P<n2>{_AMOUNT})" if before else after)


_MEASURES, _MONEY = _Kind(_UNITS, False), _Kind(_CURRENCIES, True)


def _units(pair: Pair) -> Iterator[Finding]:
    for rule, kind in ((UNIT, _MEASURES), (CURRENCY, _MONEY)):
        if not pair.rulebook.is_enabled(rule):
            continue
        theirs = _amounts(plain_digits(pair.source), kind.theirs, kind.names, pair.language)
        if not theirs:
            continue
        ours = _amounts(pair.text, kind.ours, kind.names, "en")
        for value, (names, written, _) in theirs.items():
            found = ours.get(value)
            if (
                found is not None
                and names.isdisjoint(found[0])
                and not any(names & other[0] for other in ours.values())
            ):
                yield pair.mark(rule, *found[2], groups={"unit": written, "written": found[1]})


def _amounts(
    text: str, patterns: list[re.Pattern[str]], names: list[str], language: str
) -> dict[Fraction, tuple[set[str], str, tuple[int, int]]]:
    """By amount: the units that it may have, how they are written, and where."""
    out: dict[Fraction, tuple[set[str], str, tuple[int, int]]] = {}
    if not any(c.isdigit() for c in text):
        return out
    for name, pattern in zip(names, patterns, strict=True):
        for match in pattern.finditer(text):
            group = "" if match["unit"] else "2"
            amount = next(iter(in_digits(match["n" + group].rstrip(" .,\u00a0\u202f"), language)), None)
            if amount is None:
                continue
            for value in amount.values:
                known_names, _, _ = out.get(value, (set(), "", (0, 0)))
                out[value] = known_names | {name}, match["unit" + group], match.span("unit" + group)
    return out


def _percent(pair: Pair) -> Iterator[Finding]:
    if not pair.rulebook.is_enabled(PERCENT):
        return
    source = plain_digits(pair.source)
    match = re.search(rf"({_AMOUNT})(?:{_PERCENT.pattern})", source)
    if match is None or _ENGLISH_PERCENT.search(pair.text):
        return
    theirs = next(iter(in_digits(match[1].rstrip(), pair.language)), None)
    for ours in in_digits(pair.text, "en"):
        if theirs is not None and theirs.agrees(ours):
            yield pair.mark(PERCENT, ours.start, ours.end, [pair.text[ours.start : ours.end] + "%"])
            return
