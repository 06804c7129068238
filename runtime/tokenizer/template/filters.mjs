/** Jinja's filters and tests, as far as chat templates use them. https://jinja.palletsprojects.com/en/stable/templates/#builtin-filters */
import { capitalize, charged, OBJECTS, STRINGS, title } from "./methods.mjs";
import { state } from "./state.mjs";
import {
  ArrayValue,
  BooleanValue,
  compare,
  contains,
  equal,
  FloatValue,
  FunctionValue,
  IntegerValue,
  integer,
  isNumber,
  isText,
  isTrue,
  itemsOf,
  keyOf,
  lengthOf,
  list,
  missing,
  NamespaceValue,
  NullValue,
  nameOf,
  none,
  number,
  ObjectValue,
  safe,
  shown,
  text,
  tuple,
  UndefinedValue,
  written,
} from "./values.mjs";

/** An argument by its place or its name. */
const given = (args, named, at, name) => args[at] ?? named.get(name);
const isGiven = (value) => value !== undefined && !(value instanceof NullValue);

/** `a.b.0` of a value. */
function attributeOf(value, path) {
  if (!isText(path)) return part(value, path);
  return shown(path)
    .split(".")
    .reduce((one, name) => part(one, /^\d+$/.test(name) ? integer(Number(name)) : text(name)), value);
}

function part(value, key) {
  if (value instanceof ObjectValue || value instanceof NamespaceValue)
    return value.value.get(keyOf(key, value)) ?? missing;
  if (value instanceof ArrayValue && key instanceof IntegerValue) return value.value.at(key.value) ?? missing;
  return missing;
}

const lower = (value) => (isText(value) ? text(shown(value).toLowerCase()) : value);

/** Filters and tests that are named in arguments of others. */
const filterNamed = (name) => {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (!filter) throw new Error(`the filter ${name} is not supported`);
  return filter;
};
export const testNamed = (name) => {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test) throw new Error(`the test ${name} is not supported`);
  return test;
};

const choosing = (wanted, hasAttribute) => (operand, args) => {
  const [attribute, rest] = hasAttribute ? [args[0], args.slice(1)] : [undefined, args];
  const test = rest.length > 0 ? testNamed(shown(rest[0])) : isTrue;
  const of = (item) => (attribute ? attributeOf(item, attribute) : item);
  // Nothing at all is as good as no item.
  return list((isTrue(operand) ? itemsOf(operand) : []).filter((item) => test(of(item), ...rest.slice(1)) === wanted));
};

function sorted(operand, args, named) {
  const reverse = given(args, named, 0, "reverse");
  const cased = given(args, named, 1, "case_sensitive");
  const attribute = given(args, named, 2, "attribute");
  const of = (item) => {
    const one = isGiven(attribute) ? attributeOf(item, attribute) : item;
    return cased && isTrue(cased) ? one : lower(one);
  };
  const sign = reverse && isTrue(reverse) ? -1 : 1;
  return list([...itemsOf(operand)].sort((a, b) => sign * compare(of(a), of(b))));
}

function extreme(sign) {
  return (operand, args, named) => {
    const attribute = given(args, named, 1, "attribute");
    const of = (item) => lower(isGiven(attribute) ? attributeOf(item, attribute) : item);
    return itemsOf(operand).reduce(
      (best, item) => (best === missing || sign * compare(of(item), of(best)) > 0 ? item : best),
      missing,
    );
  };
}

function unique(operand) {
  const seen = [];
  return list(
    itemsOf(operand).filter((item) => {
      const key = lower(item);
      const isNew = !seen.some((one) => equal(one, key));
      if (isNew) seen.push(key);
      return isNew;
    }),
  );
}

function dictsort(operand, args, named) {
  const by = given(args, named, 1, "by");
  const at = by && shown(by) === "value" ? 1 : 0;
  const reverse = given(args, named, 2, "reverse");
  const cased = given(args, named, 0, "case_sensitive");
  const of = (pair) => (cased && isTrue(cased) ? pair.value[at] : lower(pair.value[at]));
  const sign = reverse && isTrue(reverse) ? -1 : 1;
  return list(OBJECTS.items(operand.value).value.sort((a, b) => sign * compare(of(a), of(b))));
}

function grouped(operand, args, named) {
  const attribute = given(args, named, 0, "attribute");
  const groups = [];
  for (const item of sorted(operand, [], new Map([["attribute", attribute]])).value) {
    const key = attributeOf(item, attribute);
    if (groups.length === 0 || !equal(lower(groups.at(-1).key), lower(key))) groups.push({ key, items: [] });
    groups.at(-1).items.push(item);
  }
  return list(groups.map(({ key, items }) => tuple([key, list(items)])));
}

function mapped(operand, args, named) {
  const attribute = named.get("attribute");
  if (attribute) {
    const otherwise = named.get("default");
    return list(
      (isTrue(operand) ? itemsOf(operand) : []).map((item) => {
        const one = attributeOf(item, attribute);
        return one === missing && otherwise ? otherwise : one;
      }),
    );
  }
  const filter = filterNamed(shown(args[0]));
  return list((isTrue(operand) ? itemsOf(operand) : []).map((item) => filter(item, args.slice(1), named)));
}

function joined(operand, args, named) {
  const separator = given(args, named, 0, "d");
  const attribute = given(args, named, 1, "attribute");
  const between = separator ? written(separator) : "";
  const all = itemsOf(operand).map((item) => written(isGiven(attribute) ? attributeOf(item, attribute) : item));
  state.limits.makeText(all.reduce((sum, one) => sum + one.length + between.length, 0));
  return text(all.join(between));
}

function indented(operand, args, named) {
  const width = given(args, named, 0, "width");
  const [first, blank] = [given(args, named, 1, "first"), given(args, named, 2, "blank")];
  const by =
    width === undefined
      ? "    "
      : isText(width)
        ? width.value
        : " ".repeat(Math.min(Math.max(0, width.value), state.limits.text));
  const lines = `${written(operand)}\n`.split("\n").slice(0, -1);
  state.limits.makeText(lines.reduce((sum, line) => sum + line.length + by.length + 1, 0));
  return text(
    lines
      .map((line, i) =>
        i === 0
          ? first && isTrue(first)
            ? by + line
            : line
          : line === "" && !(blank && isTrue(blank))
            ? line
            : by + line,
      )
      .join("\n"),
  );
}

/** Python's int and float of a text: all of it is a number, or none. */
function toInteger(operand, args, named) {
  const otherwise = given(args, named, 0, "default") ?? integer(0);
  const base = given(args, named, 1, "base")?.value ?? 10;
  if (isNumber(operand)) return integer(Math.trunc(number(operand)));
  if (!isText(operand)) return otherwise;
  const said = shown(operand).trim().replaceAll("_", "");
  if (base !== 10) {
    const value = Number.parseInt(said.replace(/^0[xob]/i, ""), base);
    return Number.isNaN(value) ? otherwise : integer(value);
  }
  return DECIMAL.test(said) ? integer(Math.trunc(Number(said))) : otherwise;
}
const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

function toFloat(operand, args, named) {
  const otherwise = given(args, named, 0, "default") ?? new FloatValue(0);
  if (isNumber(operand)) return new FloatValue(number(operand));
  const said = isText(operand) ? shown(operand).trim() : "";
  return DECIMAL.test(said) ? new FloatValue(Number(said)) : otherwise;
}

/** To the even one of two that are as near. */
function rounded(operand, args, named) {
  const scale = 10 ** (given(args, named, 0, "precision")?.value ?? 0);
  const exact = number(operand) * scale;
  const low = Math.floor(exact);
  const isMiddle = exact - low === 0.5;
  return new FloatValue((isMiddle ? low + (low % 2 === 0 ? 0 : 1) : Math.round(exact)) / scale);
}

/** `%s`, `%d`, `%r` and their like, without widths. */
export function percent(operand, args) {
  let next = 0;
  return text(
    operand.value.replace(/%(%|[a-zA-Z(])/g, (whole, kind) => {
      if (kind === "%") return "%";
      const one = args[next++];
      if (one === undefined || !"sdi".includes(kind)) throw new Error(`${whole} is not given, or not supported`);
      return kind === "s" ? charged(written(one)) : String(Math.trunc(number(one)));
    }),
  );
}

const HTML = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };
export const escaped = (operand) =>
  operand.isSafe
    ? operand
    : safe(state.marks.changed(written(operand), (said) => said.replace(/[&<>'"]/g, (one) => HTML[one])));

const changed = (change) => (operand) => text(state.marks.changed(written(operand), change));

export const FILTERS = {
  abs: (operand) => new operand.constructor(Math.abs(number(operand))),
  attr: (operand, [name]) => attributeOf(operand, name),
  batch(operand, [size]) {
    const items = itemsOf(operand);
    const count = Math.max(1, size.value);
    return list(
      Array.from({ length: Math.ceil(items.length / count) }, (_, i) => list(items.slice(i * count, (i + 1) * count))),
    );
  },
  capitalize: changed(capitalize),
  center: (operand, args) => STRINGS.center(written(operand), args.length > 0 ? args : [integer(80)]),
  count: (operand) => integer(lengthOf(operand)),
  d: (operand, args, named) => FILTERS.default(operand, args, named),
  default(operand, args, named) {
    const also = given(args, named, 1, "boolean");
    const isLeftOut = operand instanceof UndefinedValue || (also && isTrue(also) && !isTrue(operand));
    return isLeftOut ? (given(args, named, 0, "default_value") ?? text("")) : operand;
  },
  dictsort,
  e: escaped,
  escape: escaped,
  first: (operand) => itemsOf(operand)[0] ?? missing,
  float: toFloat,
  format: percent,
  groupby: grouped,
  indent: indented,
  int: toInteger,
  items: (operand) => (operand instanceof UndefinedValue ? list([]) : OBJECTS.items(operand.value)),
  join: joined,
  last: (operand) => itemsOf(operand).at(-1) ?? missing,
  length: (operand) => integer(lengthOf(operand)),
  list: (operand) => list([...itemsOf(operand)]),
  lower: changed((said) => said.toLowerCase()),
  map: mapped,
  max: extreme(1),
  min: extreme(-1),
  reject: choosing(false, false),
  rejectattr: choosing(false, true),
  replace: (operand, args, named) => STRINGS.replace(written(operand), args, named),
  reverse: (operand) =>
    isText(operand) ? text(Array.from(operand.value).reverse().join("")) : list([...itemsOf(operand)].reverse()),
  round: rounded,
  safe: (operand) => safe(written(operand)),
  select: choosing(true, false),
  selectattr: choosing(true, true),
  sort: sorted,
  string: (operand) => text(written(operand)),
  sum(operand, args, named) {
    const attribute = given(args, named, 0, "attribute");
    const all = itemsOf(operand).map((item) => (isGiven(attribute) ? attributeOf(item, attribute) : item));
    const total = all.reduce((sum, one) => sum + number(one), 0);
    return all.some((one) => one instanceof FloatValue) ? new FloatValue(total) : integer(total);
  },
  title: changed(title),
  trim: (operand, args) => STRINGS.strip(written(operand), args),
  unique,
  upper: changed((said) => said.toUpperCase()),
  wordcount: (operand) => integer(shown(text(written(operand))).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
};

const isInteger = (value) => value instanceof IntegerValue;
const isIterable = (value) =>
  isText(value) || value instanceof ArrayValue || value instanceof ObjectValue || value instanceof UndefinedValue;
const remainder = (value, by) => ((number(value) % by) + by) % by;
const ordered = (isSo) => (value, other) => isSo(compare(value, other));

/** By name: whether a value is so, by its arguments. */
export const TESTS = {
  boolean: (value) => value instanceof BooleanValue,
  callable: (value) => value instanceof FunctionValue,
  defined: (value) => !(value instanceof UndefinedValue),
  divisibleby: (value, by) => remainder(value, number(by)) === 0,
  even: (value) => remainder(value, 2) === 0,
  false: (value) => value instanceof BooleanValue && !value.value,
  float: (value) => value instanceof FloatValue,
  in: (value, container) => contains(container, value),
  integer: isInteger,
  iterable: isIterable,
  lower: (value) => STRINGS.islower(written(value)).value,
  mapping: (value) => value instanceof ObjectValue,
  none: (value) => value instanceof NullValue,
  number: isNumber,
  odd: (value) => remainder(value, 2) === 1,
  sameas: (value, other) =>
    value === other || (nameOf(value) === nameOf(other) && !isIterable(value) && equal(value, other)),
  sequence: isIterable,
  string: isText,
  true: (value) => value instanceof BooleanValue && value.value,
  undefined: (value) => value instanceof UndefinedValue,
  upper: (value) => STRINGS.isupper(written(value)).value,
};
const COMPARING = {
  eq: equal,
  ne: (a, b) => !equal(a, b),
  lt: ordered((order) => order < 0),
  le: ordered((order) => order <= 0),
  gt: ordered((order) => order > 0),
  ge: ordered((order) => order >= 0),
};
const ALIASES = {
  eq: ["equalto", "=="],
  ne: ["!="],
  lt: ["lessthan", "<"],
  le: ["<="],
  gt: ["greaterthan", ">"],
  ge: [">="],
};
for (const [name, test] of Object.entries(COMPARING))
  for (const one of [name, ...ALIASES[name]]) TESTS[one] = (value, other) => test(value, other ?? none);
