/** The interpreter's values, and what Python says of them: how they are written, when they are equal, which is less, what is in them. */
import { Environment, Interpreter } from "@huggingface/jinja";
import { state } from "./state.mjs";

const base = new Environment();
const make = (name, value) => base.set(name, value);
export const { constructor: StringValue } = make("a string", "");
export const { constructor: IntegerValue } = make("an integer", 0);
export const { constructor: FloatValue } = make("a float", 0.5);
export const { constructor: BooleanValue } = make("a boolean", true);
export const { constructor: NullValue } = make("nothing", null);
export const { constructor: UndefinedValue } = make("undefined", undefined);
export const { constructor: ArrayValue } = make("a list", []);
export const { constructor: ObjectValue } = make("an object", {});
export const { constructor: FunctionValue } = base.lookupVariable("namespace");
export const { constructor: NamespaceValue } = base.lookupVariable("namespace").value([]);
const { constructor: TupleValue } = new Interpreter(base).evaluate({ type: "TupleLiteral", value: [] }, base);

export const text = (value) => new StringValue(value);
/** A text that is HTML already: what is put beside it is escaped, as Jinja does with what the filter safe gives. */
export const safe = (value) => Object.assign(text(value), { isSafe: true });
export const integer = (value) => new IntegerValue(value);
export const bool = (value) => new BooleanValue(value);
export const list = (items) => new ArrayValue(items);
/** A list to all but whoever writes it out. */
export const tuple = (items) => Object.assign(new TupleValue(items), { type: "ArrayValue" });
export const none = new NullValue();
export const missing = new UndefinedValue();
export const callable = (call) => new FunctionValue(call);

export const isText = (value) => value instanceof StringValue;
export const isContainer = (value) =>
  value instanceof ArrayValue || value instanceof ObjectValue || value instanceof NamespaceValue;
export const isNumber = (value) =>
  value instanceof IntegerValue || value instanceof FloatValue || value instanceof BooleanValue;
export const isTrue = (value) => value.__bool__().value;
export const number = (value) => Number(value.value);
/** What a text says, without marks. */
export const shown = (value) => state.marks.show(value.value);

/** A key of an object as a value, and back. */
export const asValue = (key) =>
  typeof key === "string" ? text(key) : typeof key === "number" ? integer(key) : key === null ? none : bool(key);
export const isPlain = (value) => isText(value) || value instanceof NullValue || isNumber(value);
export function keyOf(value, of) {
  if (isText(value)) return of.value.has(value.value) ? value.value : shown(value);
  if (value instanceof NullValue) return null;
  if (isNumber(value)) return number(value);
  throw new TypeError(`unhashable type: ${nameOf(value)}`);
}

const NAMES = [
  [StringValue, "str"],
  [BooleanValue, "bool"],
  [IntegerValue, "int"],
  [FloatValue, "float"],
  [NullValue, "NoneType"],
  [TupleValue, "tuple"],
  [ArrayValue, "list"],
  [ObjectValue, "dict"],
  [UndefinedValue, "undefined"],
  [NamespaceValue, "namespace"],
];
export const nameOf = (value) => NAMES.find(([type]) => value instanceof type)?.[1] ?? "function";

/** A float as Python writes it. */
export function floatText(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [, digits, power] = /^(.*)e(.*)$/.exec(value.toExponential());
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16)
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const plain = Object.is(value, -0) ? "-0" : String(value);
  return Number.isInteger(value) ? `${plain}.0` : plain;
}

/** str(value), as Jinja puts it out. */
export function written(value) {
  if (isText(value)) return value.value;
  if (value instanceof BooleanValue) return value.value ? "True" : "False";
  if (value instanceof FloatValue) return floatText(value.value);
  if (value instanceof IntegerValue) return Object.is(value.value, -0) ? "0" : String(value.value);
  if (value instanceof NullValue) return "None";
  if (value instanceof UndefinedValue) return "";
  if (isContainer(value)) return represented(value);
  return "<function>";
}

/** repr(value). */
function represented(value) {
  state.limits.step();
  if (isText(value)) {
    state.limits.makeText(value.value.length);
    return quoted(value.value);
  }
  if (value instanceof UndefinedValue) return "Undefined";
  if (value instanceof ArrayValue) {
    const items = value.value.map(represented);
    if (!(value instanceof TupleValue)) return `[${items.join(", ")}]`;
    return `(${items.join(", ")}${items.length === 1 ? "," : ""})`;
  }
  if (value instanceof ObjectValue || value instanceof NamespaceValue) {
    const entries = [...value.value].map(([key, one]) => `${represented(asValue(key))}: ${represented(one)}`);
    return value instanceof NamespaceValue ? `<Namespace {${entries.join(", ")}}>` : `{${entries.join(", ")}}`;
  }
  return written(value);
}

const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quoted(value) {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const inner = value.replace(/[\\\n\r\t\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}|'/gu, (unit) => {
    if (unit === "'") return quote === "'" ? "\\'" : unit;
    if (SHORT[unit]) return SHORT[unit];
    if (state.marks.isMarked(unit)) return unit;
    const code = unit.codePointAt(0);
    const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
  });
  return quote + inner + quote;
}

export function equal(a, b) {
  state.limits.step();
  if (isText(a) && isText(b)) return a.value === b.value || shown(a) === shown(b);
  if (isNumber(a) && isNumber(b)) return number(a) === number(b);
  if (a instanceof ArrayValue && b instanceof ArrayValue)
    return (
      nameOf(a) === nameOf(b) && a.value.length === b.value.length && a.value.every((one, i) => equal(one, b.value[i]))
    );
  if (a instanceof ObjectValue && b instanceof ObjectValue)
    return (
      a.value.size === b.value.size &&
      [...a.value].every(([key, one]) => b.value.has(key) && equal(one, b.value.get(key)))
    );
  if (a instanceof NullValue || a instanceof UndefinedValue) return nameOf(a) === nameOf(b);
  return a === b;
}

const codePoints = (value) => Array.from(value, (one) => one.codePointAt(0));

/** Below 0 where a is less than b. */
export function compare(a, b) {
  if (isNumber(a) && isNumber(b)) return number(a) - number(b);
  if (isText(a) && isText(b)) return compareLists(codePoints(shown(a)), codePoints(shown(b)), (x, y) => x - y);
  if (a instanceof ArrayValue && nameOf(a) === nameOf(b)) return compareLists(a.value, b.value, compare);
  throw new TypeError(`'<' not supported between ${nameOf(a)} and ${nameOf(b)}`);
}

function compareLists(a, b, by) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const found = by(a[i], b[i]);
    if (found !== 0) return found;
  }
  return a.length - b.length;
}

export function contains(container, item) {
  if (container instanceof UndefinedValue) return false;
  if (container instanceof ArrayValue) return container.value.some((one) => equal(one, item));
  if (isText(container) && isText(item)) return shown(container).includes(shown(item));
  if (container instanceof ObjectValue) return container.value.has(keyOf(item, container));
  throw new TypeError(`${nameOf(item)} cannot be in ${nameOf(container)}`);
}

/** What a loop over a value goes through. */
export function itemsOf(value) {
  if (value instanceof ArrayValue) return value.value;
  if (value instanceof ObjectValue) return [...value.value.keys()].map(asValue);
  if (value instanceof UndefinedValue) return [];
  if (isText(value)) {
    state.limits.makeList(value.value.length);
    return Array.from(value.value, text);
  }
  throw new TypeError(`'${nameOf(value)}' object is not iterable`);
}

export function lengthOf(value) {
  if (isText(value)) {
    let length = 0;
    for (const _ of value.value) length++;
    return length;
  }
  if (value instanceof ObjectValue) return value.value.size;
  return itemsOf(value).length;
}
