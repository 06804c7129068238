/**
 * The shape of serialized IR as tables, and reading by them: whatever is not as they say is refused with its place, so that passes may trust
 * their types although a file may come from anywhere. What the parts mean together is for `verify`.
 */
import { type ErrorDetails, TileScriptError } from "../../dsl/errors.js";
import { DTYPES } from "./dtype.js";
import { type Kernel, MOST_VARIANTS } from "./kernel.js";

export class IrFormatError extends TileScriptError {
  override readonly name = "IrFormatError";

  constructor(problem: string, details?: ErrorDetails) {
    super("ir-format", problem, details);
  }
}

/** Numbers that JSON cannot hold, as objects with one key that no IR node has. */
export const NUMBER = "$number";
export const BIGINT = "$bigint";
export const SPAN = "$span";

/** Steps from the kernel to its innermost node, two or three for each level of an expression: passes recurse. */
const DEEPEST = 1500;
/** A size of a tile is a short formula. */
const DEEPEST_DIM = 16;
const LONGEST_DIM = 64;

/** Checks a value and gives what it stands for. Values are of the parsed JSON, which becomes the kernel in place. */
type Read = (value: unknown, at: Place) => unknown;

/** Where reading is. */
class Place {
  readonly files: readonly string[];
  private readonly path: (string | number)[] = [];

  constructor(files: readonly string[]) {
    this.files = files;
  }

  step(key: string | number, value: unknown, read: Read): unknown {
    if (this.path.length === DEEPEST) this.fail("less depth");
    this.path.push(key);
    const result = read(value, this);
    this.path.pop();
    return result;
  }

  fail(expected: string): never {
    const [start, end] = [this.path.slice(0, 12).join("."), this.path.length > 12 ? "…" : ""];
    throw new IrFormatError(`the IR has something else than ${expected} at ${JSON.stringify(start + end)}`);
  }
}

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const only =
  (expected: string, fits: (value: unknown) => boolean): Read =>
  (value, at) =>
    fits(value) ? value : at.fail(expected);

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]{0,999}$/u;

const text = only("a text", (value) => typeof value === "string");
const flag = only("true or false", (value) => typeof value === "boolean");
const whole = only("a whole number", Number.isSafeInteger);
const nothing = only("null", (value) => value === null);
const identifier = only("an identifier", (value) => typeof value === "string" && IDENTIFIER.test(value));
const dtype = only("a dtype", (value) => typeof value === "string" && Object.hasOwn(DTYPES, value));
const oneOf = (...words: readonly string[]): Read =>
  only(words.join(" or "), (value) => words.includes(value as string));

const TAGGED: Readonly<Record<string, number>> = { "-0": -0, NaN: Number.NaN, Infinity, "-Infinity": -Infinity };

const number: Read = (value, at) => {
  if (typeof value === "number") return value;
  const tagged = isObject(value) ? value[NUMBER] : undefined;
  return typeof tagged === "string" && Object.hasOwn(TAGGED, tagged) ? TAGGED[tagged] : at.fail("a number");
};

const literal: Read = (value, at) => {
  if (typeof value === "boolean" || typeof value === "string") return value;
  const digits = isObject(value) ? value[BIGINT] : undefined;
  if (digits === undefined) return number(value, at);
  return typeof digits === "string" && /^-?\d{1,100}$/.test(digits) ? BigInt(digits) : at.fail("a whole number");
};

const list =
  (item: Read, most = Number.POSITIVE_INFINITY): Read =>
  (value, at) => {
    if (!Array.isArray(value) || value.length > most) return at.fail("a list");
    for (let index = 0; index < value.length; index++) value[index] = at.step(index, value[index], item);
    return value;
  };

/** Values by names that the kernel chose. */
const record =
  (item: Read): Read =>
  (value, at) => {
    if (!isObject(value)) return at.fail("values by name");
    for (const key of Object.keys(value)) {
      if (!IDENTIFIER.test(key) || key === "__proto__") return at.fail("names that are identifiers");
      value[key] = at.step(key, value[key], item);
    }
    return value;
  };

/** An object of just these members; a name that ends with a question mark may be absent. */
function object(members: Readonly<Record<string, Read>>): Read {
  const known = new Map(Object.entries(members).map(([name, read]) => [name.replace("?", ""), read]));
  const required = Object.keys(members).filter((name) => !name.endsWith("?"));
  return (value, at) => {
    if (!isObject(value)) return at.fail(`an object of ${required.join(", ")}`);
    for (const key of Object.keys(value)) {
      const read = known.get(key);
      if (read === undefined) return at.fail(`the members ${[...known.keys()].join(", ")}`);
      value[key] = at.step(key, value[key], read);
    }
    for (const name of required) if (!Object.hasOwn(value, name)) at.fail(`an object with ${name}`);
    return value;
  };
}

/** Objects whose `kind` says what their members are. */
function kinds(all: Readonly<Record<string, Readonly<Record<string, Read>>>>): Read {
  const known = new Map(Object.entries(all).map(([kind, members]) => [kind, object({ kind: text, ...members })]));
  return (value, at) => {
    const read = isObject(value) ? known.get(value.kind as string) : undefined;
    return read ? read(value, at) : at.fail(`one of ${[...known.keys()].join(", ")}`);
  };
}

const orElse =
  (takes: (value: unknown) => boolean, first: Read, other: Read): Read =>
  (value, at) =>
    (takes(value) ? first : other)(value, at);

const span: Read = (value, at) => {
  const numbers = isObject(value) ? value[SPAN] : undefined;
  const fits =
    Array.isArray(numbers) && numbers.length === 5 && numbers.every((n) => Number.isSafeInteger(n) && n >= 0);
  const [file, line, column, endLine, endColumn] = fits ? (numbers as number[]) : at.fail("a place in the source");
  return { file: at.files[file!] ?? at.fail("a file of the list"), line, column, endLine, endColumn };
};

const PAIR = new Set(["//", "cdiv", "%", "min", "max", "<", "=="]);

/**
 * Sizes are in the normal form that `dim.ts` keeps: sums of products of what is neither. To multiply out any others could take for ever.
 * @param outer the op that it is an operand of
 */
const dimBelow =
  (depth: number, outer = ""): Read =>
  (value, at) => {
    if (Number.isSafeInteger(value)) return value;
    const { op, args, ...rest } = isObject(value) ? value : ({} as Members);
    if (Object.keys(rest).length > 0 || depth === DEEPEST_DIM) return at.fail("a size");
    if (op === "name") at.step("args", args, list(identifier, 1));
    else if (PAIR.has(op as string)) at.step("args", args, list(dimBelow(depth + 1), 2));
    else if (op === "?:") at.step("args", args, list(dimBelow(depth + 1), 3));
    else if ((op === "*" && outer !== "*") || (op === "+" && outer === ""))
      at.step("args", args, list(dimBelow(depth + 1, op), LONGEST_DIM));
    else return at.fail("a size in normal form");
    const least = op === "name" ? 1 : op === "?:" ? 3 : 2;
    return (args as readonly unknown[]).length >= least ? value : at.fail("the operands of a size");
  };

const dim = dimBelow(0);
const shape = list(dim, 16);
const constant = orElse((value) => typeof value === "string" || typeof value === "boolean", literal, number);

const type: Read = (value, at) => TYPES(value, at);
const TYPES = kinds({
  tile: { dtype, shape, pointer: flag },
  const: { of: oneOf("int", "float", "bool", "string"), "dim?": dim },
  descriptor: { dtype, block: shape },
  tuple: { items: list(type), "names?": list(text) },
  void: {},
  unknown: {},
});

const expression: Read = (value, at) => EXPRESSIONS(value, at);
const attribute = orElse(Array.isArray, shape, literal);
const typed = { type, span };
const EXPRESSIONS = kinds({
  literal: { value: literal, ...typed },
  ref: { name: identifier, ...typed },
  op: { op: text, args: record(expression), attrs: record(attribute), ...typed },
  call: { callee: identifier, args: list(expression), ...typed },
  tuple: { items: list(expression), ...typed },
  element: { of: expression, index: whole, ...typed },
});

const body: Read = (value, at) => BODY(value, at);
const names = list(identifier);
const isNull = (value: unknown): boolean => value === null;
const BODY = list(
  kinds({
    assign: { name: identifier, value: expression, declares: flag, "annotation?": type, span },
    unpack: { names: list(orElse(isNull, nothing, identifier)), value: expression, declares: flag, span },
    effect: { value: expression, span },
    for: {
      variable: identifier,
      start: expression,
      stop: expression,
      step: expression,
      static: flag,
      options: record(attribute),
      body,
      carried: names,
      span,
    },
    while: { condition: expression, body, carried: names, span },
    if: { condition: expression, then: body, else: body, carried: names, span },
    return: { value: orElse(isNull, nothing, expression), span },
  }),
);

const isTrue = only("true", (value) => value === true);
const parameter = kinds({
  pointer: { name: identifier, dtype, "optional?": isTrue, span },
  scalar: { name: identifier, dtype, "optional?": isTrue, span },
  const: { name: identifier, of: oneOf("int", "float", "bool", "string"), span },
  descriptor: { name: identifier, dtype, block: shape, padding: oneOf("zero", "nan"), "optional?": isTrue, span },
});

const options = {
  warps: whole,
  stages: whole,
  ctas: whole,
  pdl: flag,
  "maxRegisters?": whole,
  "debug?": flag,
  "cooperative?": flag,
  fpFusion: flag,
  "divisible?": names,
  "specialize?": list(object({ divisible: names, one: names }), MOST_VARIANTS),
  alignment: oneOf("checked", "required"),
};

const kernel = object({
  name: identifier,
  file: text,
  doc: text,
  span,
  params: list(parameter),
  dtypes: record(dtype),
  body,
  functions: list(
    object({
      name: identifier,
      params: list(object({ name: identifier, type })),
      body,
      result: type,
      span,
    }),
  ),
  builds: list(object({ constants: record(constant), dtypes: record(dtype), ...options })),
  "tune?": names,
  "defaults?": object(options),
  "constants?": record(constant),
});

/** The kernel of a parsed document, which is changed. Throws IrFormatError for what is no kernel. */
export function readKernel(document: unknown, files: readonly unknown[]): Kernel {
  const named = files.filter((file) => typeof file === "string");
  if (named.length < files.length) throw new IrFormatError("the IR's list of sources has something else than names");
  return new Place(named).step("kernel", document, kernel) as Kernel;
}
