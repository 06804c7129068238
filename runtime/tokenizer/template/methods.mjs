/** Methods of Python's strings, lists and objects. What looks at characters looks at what marks stand for. */
import { state } from "./state.mjs";
import {
  ArrayValue,
  asValue,
  bool,
  equal,
  IntegerValue,
  integer,
  isText,
  itemsOf,
  keyOf,
  list,
  NullValue,
  none,
  ObjectValue,
  shown,
  text,
  tuple,
  written,
} from "./values.mjs";

/** What Python takes for white space, and for ends of lines: ASCII's separators too, and no byte order mark. */
const SEPARATORS = "\x1c\x1d\x1e\x1f\x85";
const isSpace = (unit) => SEPARATORS.includes(unit) || (/\s/.test(unit) && unit !== "\ufeff");
const LINE_END = "\\r\\n|[\\n\\r\\v\\f\x1c-\x1e\x85\u2028\u2029]";

const show = (value) => state.marks.show(value);

function requireText(value, what) {
  if (!isText(value)) throw new TypeError(`${what} must be a string`);
  return value;
}

/** Where a part that is cut off at an end begins and ends: white space, or some characters. */
function stripped(value, characters, sides) {
  const given =
    characters === undefined || characters instanceof NullValue
      ? undefined
      : shown(requireText(characters, "what is stripped"));
  const isCut = given === undefined ? isSpace : (unit) => given.includes(unit);
  const said = show(value);
  let [from, to] = [0, said.length];
  if (sides !== "right") while (from < to && isCut(said[from])) from++;
  if (sides !== "left") while (to > from && isCut(said[to - 1])) to--;
  return text(value.slice(from, to));
}

/** Where `part` occurs in what a text says, at most so many times. */
function* placesOf(value, part, most) {
  const said = show(value);
  for (
    let at = said.indexOf(part), count = 0;
    at >= 0 && count < most;
    at = said.indexOf(part, at + part.length), count++
  )
    yield at;
}

function splitAt(value, separator, most) {
  if (separator === "") throw new Error("empty separator");
  const parts = [];
  let start = 0;
  for (const at of placesOf(value, separator, most)) {
    parts.push(value.slice(start, at));
    state.limits.makeList(1);
    start = at + separator.length;
  }
  parts.push(value.slice(start));
  return parts;
}

function words(value, most) {
  const parts = [];
  const trimmed = value.trimStart();
  for (const { 0: word, index } of trimmed.matchAll(/\S+/g)) {
    state.limits.makeList(1);
    if (parts.length >= most) {
      parts.push(trimmed.slice(index));
      break;
    }
    parts.push(word);
  }
  return parts;
}

const many = (value, what) => {
  if (value === undefined || value instanceof NullValue) return Number.POSITIVE_INFINITY;
  if (!(value instanceof IntegerValue)) throw new TypeError(`${what} must be a number`);
  return value.value < 0 ? Number.POSITIVE_INFINITY : value.value;
};

function split(value, [separator, most], named) {
  const given = separator ?? named.get("sep");
  const limit = many(most ?? named.get("maxsplit"), "maxsplit");
  if (given === undefined || given instanceof NullValue) return list(words(value, limit).map(text));
  return list(splitAt(value, shown(requireText(given, "sep")), limit).map(text));
}

/** From the right; only where a separator is named is it another thing than from the left. */
function rsplit(value, [separator, most], named) {
  const limit = many(most ?? named.get("maxsplit"), "maxsplit");
  const given = separator ?? named.get("sep");
  if (given === undefined || given instanceof NullValue || limit === Number.POSITIVE_INFINITY)
    return split(value, [separator], named);
  const parts = splitAt(value, shown(given), Number.POSITIVE_INFINITY);
  const joined = parts.splice(0, Math.max(0, parts.length - limit)).join(given.value);
  return list((parts.length < limit + 1 && joined !== "" ? [joined, ...parts] : parts).map(text));
}

function partition(value, separator, isLast) {
  const said = show(value);
  const part = shown(requireText(separator, "the separator"));
  if (part === "") throw new Error("empty separator");
  const at = isLast ? said.lastIndexOf(part) : said.indexOf(part);
  const parts =
    at < 0
      ? isLast
        ? ["", "", value]
        : [value, "", ""]
      : [value.slice(0, at), value.slice(at, at + part.length), value.slice(at + part.length)];
  return tuple(parts.map(text));
}

function replace(value, args, named) {
  const [from, to, count] = [args[0], args[1], args[2] ?? named.get("count")];
  requireText(from, "replace() argument");
  requireText(to, "replace() argument");
  return text(replaced(value, shown(from), to.value, many(count, "count")));
}

function replaced(value, from, to, most) {
  let result = "";
  let start = 0;
  const put = (end, more) => {
    state.limits.step();
    result += value.slice(start, end) + more;
    if (result.length > state.limits.text) state.limits.makeText(result.length);
  };
  if (from === "") {
    let at = 0;
    for (const character of [...value, ""].slice(0, most)) {
      put(at, to);
      start = at;
      at += character.length;
    }
  } else
    for (const at of placesOf(value, from, most)) {
      put(at, to);
      start = at + from.length;
    }
  return result + value.slice(start);
}

function startsOf(pattern, method) {
  const all = pattern instanceof ArrayValue ? pattern.value : [pattern];
  if (all.length > 0 && !all.every((one) => one && isText(one)))
    throw new TypeError(`${method}() argument must be a string or tuple of strings`);
  return all.map(shown);
}

const changed = (change) => (value) => text(state.marks.changed(value, change));
const ask = (test) => (value) => bool(test(show(value)));
const find =
  (isLast) =>
  (value, [part]) => {
    const said = show(value);
    const wanted = shown(requireText(part, "what is looked for"));
    const at = isLast ? said.lastIndexOf(wanted) : said.indexOf(wanted);
    return integer(at < 0 ? at : [...said.slice(0, at)].length);
  };

function found(value, args) {
  const at = find(false)(value, args);
  if (at.value < 0) throw new Error("substring not found");
  return at;
}

function padded(value, width, fill, before) {
  const missing = Math.max(0, width - [...value].length);
  state.limits.makeText(missing);
  const left = before(missing);
  return text(fill.repeat(left) + value + fill.repeat(missing - left));
}

const pad =
  (before) =>
  (value, [width, fill]) => {
    if (fill && fill.value.length !== 1) throw new TypeError("The fill character must be exactly one character long");
    return padded(value, width?.value ?? 0, fill?.value ?? " ", before);
  };

export const title = (said) => said.replace(/\p{L}+/gu, (word) => word[0].toUpperCase() + word.slice(1).toLowerCase());
export const capitalize = (said) => said.slice(0, 1).toUpperCase() + said.slice(1).toLowerCase();

/** Text that is put into another is charged before: it may be put in many times. */
export function charged(part) {
  state.limits.makeText(part.length);
  return part;
}

/** `{}`, `{0}` and `{name}`, without formats behind a colon. */
function format(value, args, named) {
  let next = 0;
  return text(
    value.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, field) => {
      if (field === undefined) return whole[0];
      const one = field === "" ? args[next++] : /^\d+$/.test(field) ? args[Number(field)] : named.get(field);
      if (one === undefined) throw new Error(`format: {${field}} is not given, or not supported`);
      return charged(written(one));
    }),
  );
}

/** By name: of a text, its arguments and those that are named. */
export const STRINGS = {
  upper: changed((said) => said.toUpperCase()),
  lower: changed((said) => said.toLowerCase()),
  casefold: changed((said) => said.toLowerCase()),
  title: changed(title),
  capitalize: changed(capitalize),
  swapcase: changed((said) =>
    said.replace(/\p{L}/gu, (one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase())),
  ),
  strip: (value, [characters]) => stripped(value, characters, "both"),
  lstrip: (value, [characters]) => stripped(value, characters, "left"),
  rstrip: (value, [characters]) => stripped(value, characters, "right"),
  startswith: (value, [start, from]) =>
    bool(startsOf(start, "startswith").some((one) => show(value).startsWith(one, from?.value ?? 0))),
  endswith: (value, [end]) => bool(startsOf(end, "endswith").some((one) => show(value).endsWith(one))),
  removeprefix: (value, [start]) =>
    text(show(value).startsWith(shown(start)) ? value.slice(start.value.length) : value),
  removesuffix: (value, [end]) =>
    text(end.value !== "" && show(value).endsWith(shown(end)) ? value.slice(0, -end.value.length) : value),
  split,
  rsplit,
  splitlines: (value) =>
    list(
      show(value) === ""
        ? []
        : value
            .replace(new RegExp(`(?:${LINE_END})$`), "")
            .split(new RegExp(LINE_END))
            .map(text),
    ),
  partition: (value, [separator]) => partition(value, separator, false),
  rpartition: (value, [separator]) => partition(value, separator, true),
  replace,
  find: find(false),
  rfind: find(true),
  index: found,
  count: (value, [part]) => integer([...placesOf(value, shown(part), Number.POSITIVE_INFINITY)].length),
  join(value, [items]) {
    const all = itemsOf(items).map((item) => requireText(item, "what is joined").value);
    state.limits.makeText(all.reduce((sum, one) => sum + one.length + value.length, 0));
    return text(all.join(value));
  },
  format,
  isdigit: ask((said) => /^\p{Nd}+$/u.test(said)),
  isnumeric: ask((said) => /^\p{N}+$/u.test(said)),
  isdecimal: ask((said) => /^\p{Nd}+$/u.test(said)),
  isalpha: ask((said) => /^\p{L}+$/u.test(said)),
  isalnum: ask((said) => /^[\p{L}\p{N}]+$/u.test(said)),
  isspace: ask((said) => /^\s+$/.test(said)),
  isupper: ask((said) => said === said.toUpperCase() && said !== said.toLowerCase()),
  islower: ask((said) => said === said.toLowerCase() && said !== said.toUpperCase()),
  ljust: pad(() => 0),
  rjust: pad((missing) => missing),
  center: pad((missing) => missing >> 1),
  zfill: (value, [width]) => padded(value, width.value, "0", (missing) => missing),
};

export const LISTS = {
  index(value, [item]) {
    const at = value.findIndex((one) => equal(one, item));
    if (at < 0) throw new Error("the item is not in the list");
    return integer(at);
  },
  count: (value, [item]) => integer(value.filter((one) => equal(one, item)).length),
  copy: (value) => list([...value]),
};

export const OBJECTS = {
  get: (value, [key, otherwise]) => value.get(keyOf(key, { value })) ?? otherwise ?? none,
  items: (value) => list([...value].map(([key, one]) => tuple([asValue(key), one]))),
  keys: (value) => list([...value.keys()].map(asValue)),
  values: (value) => list([...value.values()]),
  copy: (value) => new ObjectValue(new Map(value)),
};
