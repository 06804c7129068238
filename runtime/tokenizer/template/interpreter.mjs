/**
 * The Jinja interpreter with limits on all it can be made to do, with Python's meaning of values, and with marks on what users wrote. Operations that
 * only move characters (joining, cutting, trimming, reversing) work on marked text as they are; those that look at them do so on what the marks stand for.
 */
import { Interpreter } from "@huggingface/jinja";
import { strftime } from "./clock.mjs";
import { escaped, FILTERS, percent, testNamed } from "./filters.mjs";
import { tojson } from "./json.mjs";
import { LISTS, OBJECTS, STRINGS } from "./methods.mjs";
import { state } from "./state.mjs";
import {
  ArrayValue,
  BooleanValue,
  bool,
  callable,
  compare,
  contains,
  equal,
  FloatValue,
  IntegerValue,
  integer,
  isContainer,
  isNumber,
  isPlain,
  isText,
  isTrue,
  itemsOf,
  keyOf,
  list,
  missing,
  NamespaceValue,
  nameOf,
  number,
  ObjectValue,
  safe,
  text,
  tuple,
  UndefinedValue,
  written,
} from "./values.mjs";

/** Nodes whose value is there already. */
const existing = new Set(["Identifier", "MemberExpression", "StringLiteral", "IntegerLiteral", "FloatLiteral"]);
/** Nodes that put out what they make, and not their value. */
const statements = new Set(["Set", "If", "For", "Macro", "CallStatement", "FilterStatement", "Comment"]);

/** break and continue: leaves the round of a loop, with what it has put out. */
class LoopSignal extends Error {
  constructor(type) {
    super(`${type.toLowerCase()} outside of a loop`);
    this.type = type;
    this.text = "";
  }
}

class LimitedInterpreter extends Interpreter {
  run(program) {
    return this.evaluate(program, this.global);
  }

  evaluate(statement, environment) {
    state.limits.step();
    const value = state.limits.within(() => this.#evaluated(statement, environment));
    if (statement && !existing.has(statement.type)) {
      if (isText(value)) state.limits.makeText(value.value.length);
      else if (value instanceof ArrayValue) state.limits.makeList(value.value.length);
    }
    return value;
  }

  #evaluated(statement, environment) {
    switch (statement?.type) {
      case "Break":
      case "Continue":
        throw new LoopSignal(statement.type);
      case "TupleLiteral":
        return tuple(statement.value.map((one) => this.evaluate(one, environment)));
      case "ObjectLiteral":
        return this.#object(statement, environment);
      case "FilterExpression":
        return this.applyFilter(this.evaluate(statement.operand, environment), statement.filter, environment);
      case "TestExpression": {
        const found = testNamed(statement.test.value)(this.evaluate(statement.operand, environment));
        return bool(found !== statement.negate);
      }
      default:
        return super.evaluate(statement, environment);
    }
  }

  #object({ value }, environment) {
    const object = new ObjectValue(new Map());
    for (const [key, one] of value)
      object.value.set(newKey(this.evaluate(key, environment)), this.evaluate(one, environment));
    return object;
  }

  evaluateBlock(body, environment) {
    let result = "";
    try {
      for (const one of body) {
        const value = this.evaluate(one, environment);
        if (!statements.has(one.type)) {
          requireSmall(value);
          result += written(value);
        } else if (isText(value)) result += value.value;
      }
    } catch (error) {
      if (error instanceof LoopSignal) error.text = result + error.text;
      throw error;
    }
    return text(result);
  }

  evaluateBinaryExpression(node, environment) {
    const operator = node.operator.value;
    const left = this.evaluate(node.left, environment);
    if (operator === "and") return isTrue(left) ? this.evaluate(node.right, environment) : left;
    if (operator === "or") return isTrue(left) ? left : this.evaluate(node.right, environment);
    const right = this.evaluate(node.right, environment);
    const isChain =
      ORDERS.has(operator) && node.left.type === "BinaryExpression" && ORDERS.has(node.left.operator.value);
    if (!isChain) return OPERATORS[operator](left, right);
    // a < b < c is a < b and b < c.
    return isTrue(left) ? OPERATORS[operator](this.evaluate(node.left.right, environment), right) : left;
  }

  evaluateMemberExpression(node, environment) {
    const object = this.evaluate(node.object, environment);
    if (object instanceof UndefinedValue) throw new TypeError(`${nameIn(node.object)} is undefined`);
    if (node.computed && node.property.type === "SliceExpression") {
      if (isText(object)) state.limits.makeText(object.value.length);
      else if (object instanceof ArrayValue) state.limits.makeList(object.value.length);
      return this.evaluateSliceExpression(object, node.property, environment);
    }
    if (node.computed) {
      const key = this.evaluate(node.property, environment);
      return (
        partOf(object, key) ?? (isText(key) ? methodOf(object, state.marks.show(key.value)) : undefined) ?? missing
      );
    }
    if (node.property.type === "IntegerLiteral") return partOf(object, integer(node.property.value)) ?? missing;
    // Python looks for a method first: an object may have a key by the name of one.
    return methodOf(object, node.property.value) ?? partOf(object, text(node.property.value)) ?? missing;
  }

  evaluateFor(node, environment) {
    const isSelection = node.iterable.type === "SelectExpression";
    const all = itemsOf(this.evaluate(isSelection ? node.iterable.lhs : node.iterable, environment));
    state.limits.step(all.length);
    const scopeOf = (item) => {
      const scope = new environment.constructor(environment);
      bind(scope, node.loopvar, item);
      return scope;
    };
    const items = isSelection ? all.filter((item) => isTrue(this.evaluate(node.iterable.test, scopeOf(item)))) : all;
    let result = "";
    let isWhole = false;
    for (const [index, item] of items.entries()) {
      const scope = scopeOf(item);
      scope.setVariable("loop", loopAt(items, index));
      try {
        result += this.evaluateBlock(node.body, scope).value;
        isWhole = true;
      } catch (error) {
        if (!(error instanceof LoopSignal)) throw error;
        result += error.text;
        if (error.type === "Break") break;
      }
    }
    // What else says is said, in Jinja, where no round has come to its end.
    return isWhole ? text(result) : text(result + this.evaluateBlock(node.defaultBlock, environment).value);
  }

  applyFilter(operand, filter, environment) {
    const name = filter.type === "Identifier" ? filter.value : filter.callee.value;
    const [args, named] =
      filter.type === "CallExpression" ? this.evaluateArguments(filter.args, environment) : [[], new Map()];
    const test = /^_is_(not_)?(.+)$/.exec(name);
    if (test) return bool(testNamed(test[2])(operand, ...args) === !test[1]);
    if (name === "tojson") return tojson(operand, args, named);
    if (!Object.hasOwn(FILTERS, name)) throw new Error(`the filter ${name} is not supported`);
    if (name === "string" || name === "join") requireSmall(operand);
    return FILTERS[name](operand, args, named);
  }
}

/** What a user wrote stays so as a key. */
const newKey = (value) => (isText(value) ? value.value : keyOf(value));

const nameIn = (node) =>
  node.type === "Identifier"
    ? node.value
    : node.type === "MemberExpression"
      ? (node.property.value ?? "an item")
      : "it";

function bind(scope, target, item) {
  if (target.type === "Identifier") {
    scope.setVariable(target.value, item);
    return;
  }
  const parts = itemsOf(item);
  if (parts.length !== target.value.length)
    throw new Error(`${parts.length} values for ${target.value.length} variables of a loop`);
  target.value.forEach((one, i) => {
    bind(scope, one, parts[i]);
  });
}

function loopAt(items, index) {
  const { length } = items;
  const loop = new Map(Object.entries({ index: integer(index + 1), index0: integer(index), length: integer(length) }));
  loop.set("revindex", integer(length - index)).set("revindex0", integer(length - index - 1));
  loop.set("first", bool(index === 0)).set("last", bool(index === length - 1));
  loop.set("previtem", items[index - 1] ?? missing).set("nextitem", items[index + 1] ?? missing);
  loop.set(
    "cycle",
    callable((args) => args[index % args.length] ?? missing),
  );
  return new NamespaceValue(loop);
}

/** What is at a key. Nothing is at one that could be none: Jinja asks Python, and takes its errors for that. */
function partOf(object, key) {
  if (object instanceof NamespaceValue || object instanceof ObjectValue) {
    const isKey = isText(key) || (object instanceof ObjectValue && isPlain(key));
    return isKey ? object.value.get(keyOf(key, object)) : undefined;
  }
  if (!(key instanceof IntegerValue || key instanceof BooleanValue)) return undefined;
  if (object instanceof ArrayValue) return object.value.at(number(key));
  if (!isText(object)) return undefined;
  const found = Array.from(object.value).at(number(key));
  return found === undefined ? undefined : text(found);
}

const METHODS = [
  [isText, STRINGS],
  [(object) => object instanceof ArrayValue, LISTS],
  [(object) => object instanceof ObjectValue, OBJECTS],
];

function methodOf(object, name) {
  const methods = METHODS.find(([isOne]) => isOne(object))?.[1];
  if (!methods || !Object.hasOwn(methods, name)) return undefined;
  return callable((all) => {
    const last = all.at(-1);
    const hasNamed = last?.type === "KeywordArgumentsValue";
    return methods[name](object.value, hasNamed ? all.slice(0, -1) : all, hasNamed ? last.value : new Map());
  });
}

const ORDERS = new Set(["<", "<=", ">", ">="]);

const arithmetic =
  (symbol, compute, isFloat = () => false) =>
  (left, right) => {
    if (!isNumber(left) || !isNumber(right))
      throw new TypeError(`unsupported operand types for ${symbol}: ${nameOf(left)} and ${nameOf(right)}`);
    const [a, b] = [number(left), number(right)];
    if (b === 0 && DIVIDING.has(symbol)) throw new Error("division by zero");
    const value = compute(a, b);
    return left instanceof FloatValue || right instanceof FloatValue || isFloat(b)
      ? new FloatValue(value)
      : integer(value);
  };
const DIVIDING = new Set(["/", "//", "%"]);

const add = arithmetic("+", (a, b) => a + b);
const multiply = arithmetic("*", (a, b) => a * b);
const modulo = arithmetic("%", (a, b) => a - b * Math.floor(a / b));

function repeated(value, times) {
  const count = Math.max(0, number(times));
  if (isText(value)) {
    state.limits.makeText(value.value.length * count);
    return text(value.value.repeat(count));
  }
  state.limits.makeList(value.value.length * count);
  return list(Array.from({ length: count }, () => value.value).flat());
}

const isSequence = (value) => isText(value) || value instanceof ArrayValue;

const OPERATORS = {
  "==": (a, b) => bool(equal(a, b)),
  "!=": (a, b) => bool(!equal(a, b)),
  "<": (a, b) => bool(compare(a, b) < 0),
  "<=": (a, b) => bool(compare(a, b) <= 0),
  ">": (a, b) => bool(compare(a, b) > 0),
  ">=": (a, b) => bool(compare(a, b) >= 0),
  in: (a, b) => bool(contains(b, a)),
  "not in": (a, b) => bool(!contains(b, a)),
  "~"(a, b) {
    for (const side of [a, b]) requireSmall(side);
    return text(written(a) + written(b));
  },
  "+"(a, b) {
    if (isText(a) && isText(b))
      return a.isSafe || b.isSafe ? safe(escaped(a).value + escaped(b).value) : text(a.value + b.value);
    if (a instanceof ArrayValue && nameOf(a) === nameOf(b))
      return nameOf(a) === "tuple" ? tuple([...a.value, ...b.value]) : list([...a.value, ...b.value]);
    return add(a, b);
  },
  "-": arithmetic("-", (a, b) => a - b),
  "*"(a, b) {
    if (isSequence(a) && isNumber(b)) return repeated(a, b);
    return isSequence(b) && isNumber(a) ? repeated(b, a) : multiply(a, b);
  },
  "/": arithmetic(
    "/",
    (a, b) => a / b,
    () => true,
  ),
  "//": arithmetic("//", (a, b) => Math.floor(a / b)),
  "%": (a, b) => (isText(a) ? percent(a, nameOf(b) === "tuple" ? b.value : [b]) : modulo(a, b)),
  "**": arithmetic(
    "**",
    (a, b) => a ** b,
    (b) => b < 0,
  ),
};

function requireSmall(value) {
  if (isContainer(value)) state.limits.makeText(sizeOf(value));
}

/** Characters that a value has when it is written out, about. Stops where it is too much: a list may hold itself many times over. */
function sizeOf(value) {
  let size = 0;
  const visit = (one) => {
    state.limits.step();
    size += 10;
    if (isText(one)) size += one.value.length;
    if (size > state.limits.text) state.limits.makeText(size);
    if (one instanceof ArrayValue) for (const item of one.value) visit(item);
    else if (isContainer(one))
      for (const [key, item] of one.value) {
        size += String(key).length + 2;
        visit(item);
      }
  };
  visit(value);
  return size;
}

/** range(start, stop, step) as in Python, counted before it is made. */
function range(args) {
  const numbers = args.map(({ value }) => value);
  if (numbers.length === 0 || !numbers.every((one) => Number.isSafeInteger(one)))
    throw new Error("range() wants integers");
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  if (step === 0) throw new Error("range() step must not be zero");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  state.limits.makeList(length);
  return list(Array.from({ length }, (_, i) => integer(start + i * step)));
}

/** dict(a=1): of what is named. */
const dict = (args) => new ObjectValue(new Map(args.at(-1)?.type === "KeywordArgumentsValue" ? args.at(-1).value : []));

// Template makes an interpreter of its own.
Interpreter.prototype.run = function (program) {
  this.global.setVariable("range", callable(range));
  this.global.setVariable("dict", callable(dict));
  this.global.setVariable(
    "strftime_now",
    callable(([format]) => text(strftime(written(format), new Date()))),
  );
  return new LimitedInterpreter(this.global).run(program);
};

/** The text that a template makes of `values`, within `rules.limits`; messages among them have `rules.marks`. */
export function renderWithin(template, values, rules) {
  Object.assign(state, rules);
  return template.render(values);
}
