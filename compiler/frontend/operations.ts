import { type Attr, type Dim, dimSub } from "../ir/index.js";
import {
  dtype,
  flag,
  integer,
  type Operation,
  offsets,
  operand,
  operandList,
  operation,
  optional,
  order,
  rankFlag,
  shape,
  size,
  text,
} from "./operation.js";

const MEMORY = { mask: operand, cache: text, eviction: text };
const ATOMIC = { mask: operand, sem: text, scope: text };

const unary = (op: string): Operation => operation(op, [["x", operand]]);
const binary = (op: string, options = {}): Operation =>
  operation(
    op,
    [
      ["a", operand],
      ["b", operand],
    ],
    options,
  );
const reduction = (op: string): Operation =>
  operation(
    op,
    [
      ["x", operand],
      ["axis", optional(integer)],
    ],
    { keepDims: rankFlag },
  );
const atomic = (op: string): Operation =>
  operation(
    op,
    [
      ["ptr", operand],
      ["value", operand],
    ],
    ATOMIC,
  );
const onAxis = (axis: number): Operation => ({ ...unary("expandDims"), fixed: { axis } });

const UNARY = [
  "exp",
  "exp2",
  "log",
  "log2",
  "sqrt",
  "rsqrt",
  "sin",
  "cos",
  "abs",
  "sigmoid",
  "floor",
  "ceil",
  "tanh",
  "erf",
];
const REDUCTIONS = ["sum", "max", "min", "argmax", "argmin", "any", "all", "xorSum"];
const ATOMICS = ["atomicAdd", "atomicMax", "atomicMin", "atomicAnd", "atomicOr", "atomicXor", "atomicExchange"];

const table = (names: readonly string[], make: (op: string) => Operation): Record<string, Operation> =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

const DESCRIPTOR = operation("makeTensorDescriptor", [
  ["ptr", operand],
  ["shape", operandList("shape")],
  ["strides", operandList("stride")],
  ["block", shape],
]);

const sizeOf = (attr: Attr | undefined): Dim => (typeof attr === "number" ? attr : (attr as readonly Dim[])[0]!);

/** arange is known by its first integer and its shape. */
const span: Operation["finish"] = ({ start, end }) => ({
  start: [sizeOf(start)],
  shape: [dimSub(sizeOf(end), sizeOf(start))],
});

const hint: Operation["finish"] = ({ n }) => ({ value: n! });

/** How the call of each function of the language becomes an op: operands by name, and what is fixed when the kernel is built. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  programId: operation("programId", [["axis", integer]]),
  numPrograms: operation("numPrograms", [["axis", integer]]),
  arange: operation(
    "arange",
    [
      ["start", size],
      ["end", size],
    ],
    {},
    span,
  ),
  zeros: operation("zeros", [
    ["shape", shape],
    ["dtype", dtype],
  ]),
  full: operation("full", [
    ["shape", shape],
    ["value", operand],
    ["dtype", dtype],
  ]),

  load: operation("load", [["ptr", operand]], { ...MEMORY, other: operand, volatile: flag }),
  store: operation(
    "store",
    [
      ["ptr", operand],
      ["value", operand],
    ],
    MEMORY,
  ),
  ...table(ATOMICS, atomic),
  atomicCas: operation(
    "atomicCas",
    [
      ["ptr", operand],
      ["compare", operand],
      ["value", operand],
    ],
    { sem: text, scope: text },
  ),

  ...table(["floorDiv", "cdiv", "mod"], binary),
  ...table(["minimum", "maximum"], (op) => binary(op, { propagateNan: flag })),
  ...table(UNARY, unary),
  fma: operation("fma", [
    ["a", operand],
    ["b", operand],
    ["c", operand],
  ]),
  clamp: operation("clamp", [
    ["x", operand],
    ["low", operand],
    ["high", operand],
  ]),
  where: operation("where", [
    ["condition", operand],
    ["a", operand],
    ["b", operand],
  ]),
  to: operation("cast", [
    ["x", operand],
    ["dtype", dtype],
  ]),
  bitcast: operation("bitcast", [
    ["x", operand],
    ["dtype", dtype],
  ]),

  ...table(REDUCTIONS, reduction),
  maxWithIndex: operation("maxWithIndex", [
    ["x", operand],
    ["axis", integer],
  ]),
  cumsum: operation(
    "cumsum",
    [
      ["x", operand],
      ["axis", integer],
    ],
    { reverse: flag },
  ),
  sort: operation(
    "sort",
    [
      ["x", operand],
      ["axis", optional(integer)],
    ],
    { descending: flag },
  ),

  dot: operation(
    "dot",
    [
      ["a", operand],
      ["b", operand],
    ],
    { acc: operand, inputPrecision: text },
  ),
  trans: operation("trans", [
    ["x", operand],
    ["order", order],
  ]),
  permute: operation("permute", [
    ["x", operand],
    ["order", order],
  ]),
  reshape: operation("reshape", [
    ["x", operand],
    ["shape", shape],
  ]),
  broadcastTo: operation("broadcastTo", [
    ["x", operand],
    ["shape", shape],
  ]),
  expandDims: operation("expandDims", [
    ["x", operand],
    ["axis", integer],
  ]),
  col: onAxis(1),
  row: onAxis(0),
  join: binary("join"),
  split: unary("split"),
  interleave: binary("interleave"),

  multipleOf: operation(
    "multipleOf",
    [
      ["x", operand],
      ["n", size],
    ],
    {},
    hint,
  ),
  maxContiguous: operation(
    "maxContiguous",
    [
      ["x", operand],
      ["n", size],
    ],
    {},
    hint,
  ),
  assume: operation("assume", [["condition", operand]]),
  staticAssert: operation("staticAssert", [
    ["condition", operand],
    ["message", text],
  ]),
  gdcWait: operation("gdcWait", []),
  gdcLaunchDependents: operation("gdcLaunchDependents", []),
  debugBarrier: operation("debugBarrier", []),

  loadTensorDescriptor: operation("loadTensorDescriptor", [
    ["desc", operand],
    ["offsets", offsets],
  ]),
  storeTensorDescriptor: operation("storeTensorDescriptor", [
    ["desc", operand],
    ["offsets", offsets],
    ["value", operand],
  ]),
  atomicAddTensorDescriptor: operation("atomicAddTensorDescriptor", [
    ["desc", operand],
    ["offsets", offsets],
    ["value", operand],
  ]),
  makeTensorDescriptor: DESCRIPTOR,
  descriptor: DESCRIPTOR,
};
