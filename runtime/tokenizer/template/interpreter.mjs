/**
 * The Jinja interpreter with limits on all it can be made to do, and with marks on what users wrote. Operations that only move characters
 * (joining, cutting, trimming, reversing) work on marked text as they are; those that look at them are done here, on what the marks stand for.
 */
import { Environment, Interpreter } from "@huggingface/jinja";

const base = new Environment();
const StringValue = base.set("a string", "").constructor;
const IntegerValue = base.set("an integer", 0).constructor;
const ArrayValue = base.set("a list", []).constructor;
const ObjectValue = base.set("an object", {}).constructor;
const FunctionValue = base.lookupVariable("namespace").constructor;
const NamespaceValue = base.lookupVariable("namespace").value([]).constructor;

/** Of the rendering under way; there is one at a time. */
let limits;
let marks;

/** A value in place of the expression that gave it. */
const held = (value) => ({ type: "Held", value });

const isContainer = (value) =>
  value instanceof ArrayValue || value instanceof ObjectValue || value instanceof NamespaceValue;

/** A string without marks, to look at. */
const plain = (value) =>
  value instanceof StringValue && marks.isMarked(value.value) ? new StringValue(marks.show(value.value)) : value;

/** Nodes whose value is there already. */
const existing = new Set(["Held", "Identifier", "MemberExpression", "StringLiteral", "IntegerLiteral", "FloatLiteral"]);
/** Operators that put their operands together; the others compare them. */
const joining = new Set(["+", "~", "-", "*", "/", "//", "%", "**"]);

class LimitedInterpreter extends Interpreter {
  run(program) {
    return this.evaluate(program, this.global);
  }

  evaluate(statement, environment) {
    if (statement?.type === "Held") return statement.value;
    limits.step();
    const value = limits.within(() => super.evaluate(statement, environment));
    if (statement && !existing.has(statement.type)) {
      if (value instanceof StringValue) limits.makeText(value.value.length);
      else if (value instanceof ArrayValue) limits.makeList(value.value.length);
    }
    return value;
  }

  evaluateBinaryExpression(node, environment) {
    const operator = node.operator.value;
    if (operator === "and" || operator === "or") return super.evaluateBinaryExpression(node, environment);
    let left = this.evaluate(node.left, environment);
    let right = this.evaluate(node.right, environment);
    if (joining.has(operator)) for (const side of [left, right]) requireSmall(side);
    else {
      left = plain(left);
      right = plain(right);
      if (right instanceof ArrayValue) {
        limits.step(right.value.length);
        if (operator === "in" || operator === "not in") right = new ArrayValue(right.value.map(plain));
      }
    }
    return super.evaluateBinaryExpression({ ...node, left: held(left), right: held(right) }, environment);
  }

  evaluateMemberExpression(node, environment) {
    if (!node.computed) return super.evaluateMemberExpression(node, environment);
    const object = this.evaluate(node.object, environment);
    if (node.property.type === "SliceExpression") {
      if (object instanceof StringValue) limits.makeText(object.value.length);
      else if (object instanceof ArrayValue) limits.makeList(object.value.length);
      return super.evaluateMemberExpression({ ...node, object: held(object) }, environment);
    }
    const key = this.evaluate(node.property, environment);
    const known = object.value instanceof Map && object.value.has(key.value) ? key : plain(key);
    return super.evaluateMemberExpression({ ...node, object: held(object), property: held(known) }, environment);
  }

  evaluateFor(node, environment) {
    const { iterable } = node;
    const isSelection = iterable.type === "SelectExpression";
    const list = this.evaluate(isSelection ? iterable.lhs : iterable, environment);
    if (list instanceof ArrayValue) limits.step(list.value.length);
    const known = isSelection ? { ...iterable, lhs: held(list) } : held(list);
    return super.evaluateFor({ ...node, iterable: known }, environment);
  }

  applyFilter(operand, filter, environment) {
    const name = filter.type === "Identifier" ? filter.value : filter.callee.value;
    const [args, named] =
      filter.type === "CallExpression" ? this.evaluateArguments(filter.args, environment) : [[], new Map()];
    const check = Object.hasOwn(filters, name) ? filters[name] : undefined;
    const taken = check?.(operand, args, named) ?? operand;
    const result = super.applyFilter(taken, withValues(filter, args, named), environment);
    if (name === "tojson" && named.get("ensure_ascii")?.value === true)
      return new StringValue(unescapeMarks(result.value));
    return result;
  }
}

/** The filter with the arguments that were found; selectattr and its like want them as they were written. */
const withValues = (filter, args, named) =>
  filter.type === "Identifier" || /^(?:select|reject)attr$/.test(filter.callee.value)
    ? filter
    : {
        ...filter,
        args: [
          ...args.map(held),
          ...[...named].map(([key, value]) => ({
            type: "KeywordArgumentExpression",
            key: { type: "Identifier", value: key },
            value: held(value),
          })),
        ],
      };

/** By name: looks at what a filter is to do, and gives another operand where that has to be without marks. */
const filters = {
  int: plain,
  float: plain,
  string: requireSmall,
  join(operand, [first], named) {
    const separator = first ?? named.get("separator");
    const count = operand.value?.length ?? 0;
    limits.makeText(sizeOf(operand) + count * textLength(separator));
  },
  indent(operand, [first], named) {
    const width = first ?? named.get("width");
    if (!(operand instanceof StringValue)) return;
    let lines = 1;
    for (const unit of operand.value) if (unit === "\n") lines++;
    limits.makeText(operand.value.length + lines * Math.max(0, width?.value ?? 4));
  },
  tojson(operand, _, named) {
    const separators = named.get("separators");
    const longest = isContainer(separators) ? Math.max(0, ...separators.value.map(textLength)) : 2;
    limits.makeText(sizeOf(operand, { indent: Math.max(0, named.get("indent")?.value ?? 0), between: longest }));
  },
};

const textLength = (value) => (value instanceof StringValue ? value.value.length : 0);

function requireSmall(value) {
  if (isContainer(value)) limits.makeText(sizeOf(value));
}

/** Characters that a value has when it is written out, about. Stops where it is too much: a list may hold itself many times over. */
function sizeOf(value, { indent = 0, between = 2 } = {}) {
  let size = 0;
  const visit = (one, depth) => {
    limits.step();
    size += between + depth * indent + 8;
    if (one instanceof StringValue) size += one.value.length;
    if (size > limits.text) limits.makeText(size);
    if (one instanceof ArrayValue) for (const item of one.value) visit(item, depth + 1);
    else if (isContainer(one))
      for (const [key, item] of one.value) {
        size += key.length + between;
        visit(item, depth + 1);
      }
  };
  visit(value, 0);
  return size;
}

/** ensure_ascii writes marks as escapes: they become what they mark, still marked. */
const unescapeMarks = (text) =>
  text.replace(/\\u([\da-f]{4})/g, (whole, hex) => {
    const unit = String.fromCharCode(Number.parseInt(hex, 16));
    return marks.isMarked(unit) && marks.show(unit) < "\x7f" ? unit : whole;
  });

/** Containers are written out where they stand in the output. */
for (const { prototype } of [ArrayValue, ObjectValue, NamespaceValue]) {
  const written = prototype.toString;
  prototype.toString = function () {
    requireSmall(this);
    return written.call(this);
  };
}

/** Methods of strings that look at characters, or may make many. */
const methods = {
  startswith: (value, [start]) =>
    bool(startsOf(start, "startswith").some((text) => shownSlice(value, 0, text.length) === text)),
  endswith: (value, [end]) =>
    bool(startsOf(end, "endswith").some((text) => text === "" || shownSlice(value, -text.length) === text)),
  split(value, [separator, most]) {
    if (separator !== undefined && separator.value !== null && !(separator instanceof StringValue))
      throw new Error("sep argument must be a string or null");
    if (most !== undefined && !(most instanceof IntegerValue)) throw new Error("maxsplit argument must be a number");
    const limit = most === undefined || most.value === -1 ? Number.POSITIVE_INFINITY : most.value;
    const parts =
      separator instanceof StringValue ? splitAt(value, marks.show(separator.value), limit) : words(value, limit);
    return new ArrayValue(parts.map((part) => new StringValue(part)));
  },
  replace(value, args) {
    if (args.length < 2) throw new Error("replace() requires at least two arguments");
    const [from, to, third] = args;
    if (!(from instanceof StringValue && to instanceof StringValue))
      throw new Error("replace() arguments must be strings");
    const count = third?.value instanceof Map ? third.value.get("count") : third;
    if (count !== undefined && count.value !== null && !(count instanceof IntegerValue))
      throw new Error("replace() count argument must be a number or null");
    const most = typeof count?.value === "number" && count.value >= 0 ? count.value : Number.POSITIVE_INFINITY;
    return new StringValue(replaced(value, marks.show(from.value), to.value, most));
  },
  upper: (value) => new StringValue(marks.changed(value, (text) => text.toUpperCase())),
  lower: (value) => new StringValue(marks.changed(value, (text) => text.toLowerCase())),
  title: (value) =>
    new StringValue(marks.changed(value, (text) => text.replace(/\b\w/g, (unit) => unit.toUpperCase()))),
  capitalize: (value) =>
    new StringValue(marks.changed(value.slice(0, 1), (text) => text.toUpperCase()) + value.slice(1)),
};

const bool = (value) => base.lookupVariable(value ? "yes" : "no");
base.set("yes", true);
base.set("no", false);

const shownSlice = (text, ...range) => marks.show(text.slice(...range));

function startsOf(pattern, method) {
  const all = pattern instanceof ArrayValue ? pattern.value : [pattern];
  if (!all.every((one) => one instanceof StringValue))
    throw new Error(`${method}() argument must be a string or tuple of strings`);
  return all.map((one) => marks.show(one.value));
}

/** Where `part` occurs in what a text says, at most so many times. */
function* placesOf(text, part, most) {
  const said = marks.show(text);
  for (
    let at = said.indexOf(part), count = 0;
    at >= 0 && count < most;
    at = said.indexOf(part, at + part.length), count++
  )
    yield at;
}

function splitAt(text, separator, most) {
  if (separator === "") throw new Error("empty separator");
  const parts = [];
  let start = 0;
  for (const at of placesOf(text, separator, most)) {
    parts.push(text.slice(start, at));
    limits.makeList(1);
    start = at + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
}

function words(text, most) {
  const parts = [];
  const trimmed = text.trimStart();
  for (const { 0: word, index } of trimmed.matchAll(/\S+/g)) {
    limits.makeList(1);
    if (parts.length >= most) {
      parts.push(trimmed.slice(index));
      break;
    }
    parts.push(word);
  }
  return parts;
}

function replaced(text, from, to, most) {
  let result = "";
  let start = 0;
  const put = (end, more) => {
    limits.step();
    result += text.slice(start, end) + more;
    if (result.length > limits.text) limits.makeText(result.length);
  };
  if (from === "") {
    let at = 0;
    for (const character of [...text, ""].slice(0, most)) {
      put(at, to);
      start = at;
      at += character.length;
    }
  } else
    for (const at of placesOf(text, from, most)) {
      put(at, to);
      start = at + from.length;
    }
  return result + text.slice(start);
}

const { get: usualBuiltins } = Object.getOwnPropertyDescriptor(StringValue.prototype, "builtins");
const ownBuiltins = new WeakMap();
Object.defineProperty(StringValue.prototype, "builtins", {
  get() {
    let own = ownBuiltins.get(this);
    if (!own) {
      own = new Map(usualBuiltins.call(this));
      for (const [name, method] of Object.entries(methods))
        own.set(name, new FunctionValue((args) => method(this.value, args)));
      ownBuiltins.set(this, own);
    }
    return own;
  },
});

/** Tests compare values as they are. */
for (const [name, test] of base.tests)
  base.tests.set(name, (...values) => test(...values.map((value) => value && plain(value))));

/** range(start, stop, step) as in Python, counted before it is made. */
function range(args) {
  const numbers = args.map(({ value }) => value);
  if (numbers.length === 0 || !numbers.every((number) => Number.isSafeInteger(number)))
    throw new Error("range() wants integers");
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  if (step === 0) throw new Error("range() step must not be zero");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  limits.makeList(length);
  return new ArrayValue(Array.from({ length }, (_, i) => new IntegerValue(start + i * step)));
}

// Template makes an interpreter of its own.
Interpreter.prototype.run = function (program) {
  this.global.setVariable("range", new FunctionValue(range));
  return new LimitedInterpreter(this.global).run(program);
};

/** The text that a template makes of `values`, within `rules.limits`; messages among them have `rules.marks`. */
export function renderWithin(template, values, rules) {
  ({ limits, marks } = rules);
  return template.render(values);
}
