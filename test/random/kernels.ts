/** Kernels that fast-check draws and makes smaller: every one is well typed, ends, and stays in its memory. */

import fc from "fast-check";
import { type DType, isInteger } from "../../compiler/ir/index.js";
import { ALL, CONSTANTS, COUNTED, FLOATS, INTEGERS, NUMBERS, REGION, SIZE } from "./corpus.js";

type Shape = "tile" | "scalar";

type Text = fc.Arbitrary<string>;
const text = (...all: string[]): Text => fc.constantFrom(...all);
const join = (parts: readonly Text[], write: (...texts: string[]) => string): Text =>
  fc.tuple(...parts).map((texts) => write(...texts));

const isUnsigned = (dtype: DType): boolean => dtype.startsWith("u");

const literal = (dtype: DType): Text =>
  dtype === "bool"
    ? text("true", "false")
    : isInteger(dtype)
      ? text("0", "1", "2", "3", "7", "100", ...(isUnsigned(dtype) ? [] : ["-1", "-5", "-128"]))
      : text("0.0", "1.0", "0.5", "-2.0", "0.1", "-3.25", "100.0");

/** tsc forgets what a pointer with an offset points to, and takes what is loaded there for numbers. */
const loaded = (dtype: DType, address: string, options = ""): string =>
  dtype === "bool" ? `(to(load(${address}${options}), "i32") !== 0)` : `load(${address}${options})`;

/** What may stand for a number of a dtype and shape; `t_` and `s_` are variables, `x_` is given, `m_` is read and written. */
function leaf(dtype: DType, shape: Shape): Text {
  const at = shape === "tile" ? "at" : "3";
  return fc.oneof(
    { weight: 4, arbitrary: text(`${shape[0]}_${dtype}`) },
    { weight: 1, arbitrary: text(loaded(dtype, `x_${dtype} + ${at}`), loaded(dtype, `x_${dtype} + base + ${at}`)) },
    { weight: 1, arbitrary: text(loaded(dtype, `m_${dtype} + base + ${at}`)) },
    ...(shape === "scalar" && dtype === "i32" ? [{ weight: 1, arbitrary: text("pid", "n", "numPrograms(0)") }] : []),
    ...(shape === "scalar" && isInteger(dtype) ? [{ weight: 1, arbitrary: text(`to(ROUNDS, "${dtype}")`) }] : []),
    ...(shape === "tile" && dtype === "i32" ? [{ weight: 1, arbitrary: text("at") }] : []),
  );
}

type Key = `${Shape}_${DType}`;
type Tie = (key: Key) => Text;
type Weighted = { readonly weight: number; readonly arbitrary: Text };

const as = (dtype: DType, value: string): string => `to(${value}, "${dtype}")`;
/** What a float may be as an integer: conversions of all else are not defined. */
const small = (value: string): string => `clamp(where(${value} === ${value}, ${value}, 0.0), 0.0, 100.0)`;

/** Ways to a number from others of the same dtype, one at least of the wanted shape. */
function samely(tie: Tie, dtype: DType, shape: Shape): Text[] {
  const own = tie(`${shape}_${dtype}`);
  const other = fc.oneof(
    { weight: 3, arbitrary: own },
    { weight: 1, arbitrary: tie(`scalar_${dtype}`) },
    { weight: 2, arbitrary: literal(dtype) },
  );
  const condition = tie(`${shape}_bool`);
  const binary = (...signs: string[]): Text =>
    join([own, text(...signs), other], (a, sign, b) => `(${a} ${sign} ${b})`);
  const reversed = (...signs: string[]): Text =>
    join([own, text(...signs), other], (a, sign, b) => `(${b} ${sign} ${a})`);
  const called = (...names: string[]): Text =>
    join([text(...names), own, other], (name, a, b) => `${name}(${a}, ${b})`);
  const unary = (...names: string[]): Text => join([text(...names), own], (name, a) => `${name}(${a})`);
  const chosen = [
    join([condition, own, other], (c, a, b) => `where(${c}, ${a}, ${b})`),
    join([tie("scalar_bool"), own, own], (c, a, b) => `(${c} ? ${a} : ${b})`),
    own.map((a) => `same_${shape}_${dtype}(${a})`),
  ];
  if (dtype === "bool") return [...chosen, binary("&&", "||"), unary("!"), ...compared(tie, shape)];
  const numbers = [...chosen, binary("+", "-", "*"), reversed("-"), called("minimum", "maximum")];
  if (!isInteger(dtype)) {
    const ofFloats = [
      unary("-", "abs", "floor", "ceil"),
      join([own, own, own], (a, b, c) => `fma(${a}, ${b}, ${c})`),
      // GPUs approximate the root of an f32.
      join([own], (a) => as(dtype, `sqrt(to(abs(${a}), "f64"))`)),
    ];
    return [...numbers, ...ofFloats];
  }
  return [
    ...numbers,
    binary("&", "|", "^"),
    unary("~", ...(isUnsigned(dtype) ? [] : ["-", "abs"])),
    join([own, text("<<", ">>", ">>>"), fc.oneof(own, text("1", "3", "7"))], (a, sign, b) => `(${a} ${sign} ${b})`),
    join([own, own, text("floorDiv", "cdiv")], (a, b, name) => `${name}(${a}, (${b} & 7) + 1)`),
    join([own, own], (a, b) => `(${a} % ((${b} & 7) + 1))`),
    join([own], (a) => `clamp(${a}, ${isUnsigned(dtype) ? 2 : -9}, 20)`),
  ];
}

const compared = (tie: Tie, shape: Shape): Text[] =>
  NUMBERS.map((dtype) => {
    const own = tie(`${shape}_${dtype}`);
    const other = fc.oneof(own, tie(`scalar_${dtype}`), literal(dtype));
    return join([own, text("<", "<=", ">", ">=", "===", "!=="), other], (a, sign, b) => `(${a} ${sign} ${b})`);
  });

/** From other dtypes. */
function converted(tie: Tie, dtype: DType, shape: Shape): Text[] {
  const from = (one: DType): Text => tie(`${shape}_${one}`);
  const mixed = (all: readonly DType[]): Text =>
    fc
      .tuple(fc.constantFrom(...all), fc.constantFrom(...all))
      .chain(([a, b]) => join([from(a), text("+", "-", "*"), from(b)], (x, sign, y) => `(${x} ${sign} ${y})`));
  if (dtype === "bool") return [...INTEGERS.map((one) => from(one).map((value) => as("bool", value)))];
  const integers = INTEGERS.filter((one) => one !== dtype).map((one) => from(one).map((value) => as(dtype, value)));
  const bools = from("bool").map((value) => as(dtype, value));
  if (isInteger(dtype))
    return [
      ...integers,
      bools,
      mixed(INTEGERS).map((value) => as(dtype, value)),
      ...FLOATS.map((one) => from(one).map((value) => as(dtype, small(value)))),
    ];
  const floats = FLOATS.filter((one) => one !== dtype).map((one) => from(one).map((value) => as(dtype, value)));
  return [...integers, bools, ...floats, mixed(FLOATS).map((value) => as(dtype, value))];
}

/** Between tiles and scalars. Floats are summed only where every order gives the same. */
function reduced(tie: Tie, dtype: DType): Text[] {
  const own = tie(`tile_${dtype}`);
  const one = (...names: string[]): Text => join([text(...names), own], (name, x) => as(dtype, `${name}(${x})`));
  const indices = (of: DType): Text =>
    join([text("argmax", "argmin"), tie(`tile_${of}`)], (name, x) => as(dtype, `${name}(${x})`));
  if (dtype === "bool") return [join([text("any", "all"), own], (name, x) => `${name}(${x})`)];
  if (isInteger(dtype))
    return [
      ...[one("sum", "max", "min", "xorSum"), indices("i32"), indices("f32"), indices(dtype)],
      own.map((x) => as(dtype, `maxWithIndex(${x}, 0)[1]`)),
    ];
  return [one("max", "min"), tie("tile_i8").map((x) => as(dtype, `sum(to(${x}, "f32"))`))];
}

function reshaped(tie: Tie, dtype: DType): Text[] {
  const own = tie(`tile_${dtype}`);
  const masked = join([own, tie("tile_bool"), literal(dtype)], (_, mask, other) =>
    loaded(dtype, `x_${dtype} + at`, `, { mask: ${mask}, other: ${other} }`),
  );
  const stretched = tie(`scalar_${dtype}`).map((x) => `broadcastTo(${x}, [16])`);
  if (dtype === "bool") return [masked, stretched];
  const index = isInteger(dtype) ? own : tie("tile_i32");
  const all = [
    masked,
    stretched,
    // Of numbers that follow from nothing that a loop carries: Triton's search for layouts has no end where each turn wants another.
    text(`reshape(trans(reshape(${loaded(dtype, `x_${dtype} + base + at`)}, [4, 4])), [16])`),
    own.map((x) => `split(reshape(interleave(${x}, ${x}), [16, 2]))[1]`),
    join([own, own, text("0", "1")], (a, b, which) => `split(join(${a}, ${b}))[${which}]`),
    index.map((x) => `load(x_${dtype} + (to(${x}, "i32") & 15))`),
  ];
  if (!isInteger(dtype)) return [...all, ...dots(tie, dtype)];
  return [
    ...all,
    own.map((x) => as(dtype, `cumsum(${x}, 0)`)),
    join([own, own], (a, b) => as(dtype, `sum(col(${a}) * row(${b}), 1)`)),
    join([own, own, text("sort", "max", "max", "max", "max")], (a, b, which) =>
      // A sort takes as long as all else.
      which === "sort" ? `sort(${a}, 0, { descending: true })` : as(dtype, `max(maximum(col(${a}), row(${b})), 0)`),
    ),
  ];
}

/** Products of whole numbers that every order adds to the same. */
const dots = (tie: Tie, dtype: DType): Text[] => [
  join([tie("tile_i8"), tie("tile_i8"), text("f16", "bf16", "f32")], (a, b, of) => {
    const matrix = (x: string): string => `to(broadcastTo(row(${x}), [16, 16]) & 15, "${of}")`;
    return as(dtype, `max(dot(${matrix(a)}, trans(${matrix(b)})), 0)`);
  }),
];

const expressions = fc.letrec<Record<Key, string>>((tie) => {
  const at = tie as unknown as Tie;
  const entries = (["tile", "scalar"] as const).flatMap((shape) =>
    ALL.map((dtype): [Key, Text] => {
      const ways: Weighted[] = [
        ...samely(at, dtype, shape).map((arbitrary) => ({ weight: 3, arbitrary })),
        ...converted(at, dtype, shape).map((arbitrary) => ({ weight: 1, arbitrary })),
        ...(shape === "scalar" ? reduced(at, dtype) : reshaped(at, dtype)).map((arbitrary) => ({
          weight: 2,
          arbitrary,
        })),
      ];
      return [
        `${shape}_${dtype}`,
        fc.oneof(
          { maxDepth: 2, depthSize: "small", withCrossShrink: true },
          { weight: 60, arbitrary: leaf(dtype, shape) },
          ...ways,
        ),
      ];
    }),
  );
  return Object.fromEntries(entries) as Record<Key, Text>;
});

const keyed = fc.constantFrom(
  ...(["tile", "scalar"] as const).flatMap((shape) => ALL.map((dtype) => ({ shape, dtype }))),
);

const ATOMICS = ["atomicAdd", "atomicMax", "atomicMin", "atomicXor", "atomicAnd", "atomicOr"];

const { statement } = fc.letrec<{ statement: string }>((tie) => {
  const some = (most: number): Text =>
    fc.array(tie("statement"), { minLength: 1, maxLength: most }).map((all) => all.join("\n"));
  const atomics = fc.constantFrom(...COUNTED).chain((dtype) =>
    join(
      [
        text(...ATOMICS),
        expressions[`tile_${dtype}`] as Text,
        expressions.tile_i32 as Text,
        expressions.tile_bool as Text,
      ],
      // Each kind has places of its own, since their order is nobody's.
      (name, value, index, mask) =>
        `${name}(c_${dtype} + ${ATOMICS.indexOf(name)} * 64 + (${index} & 15), ${value}, { mask: ${mask} });`,
    ),
  );
  const assigned = keyed.chain(({ shape, dtype }) =>
    (expressions[`${shape}_${dtype}`] as Text).map((value) => `${shape[0]}_${dtype} = ${value};`),
  );
  const stored = fc.constantFrom(...ALL).chain((dtype) =>
    join(
      [expressions[`tile_${dtype}`] as Text, expressions.tile_bool as Text, text("", "mask")],
      (value, mask, masked) =>
        // Other threads may read what these have written.
        `debugBarrier(); store(m_${dtype} + base + at, ${value}${masked ? `, { mask: ${mask} }` : ""}); debugBarrier();`,
    ),
  );
  const condition = expressions.scalar_bool as Text;
  return {
    statement: fc.oneof(
      { maxDepth: 2, depthSize: "small", withCrossShrink: true },
      { weight: 6, arbitrary: assigned },
      { weight: 2, arbitrary: stored },
      { weight: 1, arbitrary: atomics },
      {
        weight: 1,
        arbitrary: join([condition, some(2), some(2)], (c, a, b) => `if (${c}) {\n${a}\n} else {\n${b}\n}`),
      },
      {
        weight: 1,
        arbitrary: join(
          [text("n", "2", "ROUNDS", "n & 3"), some(2)],
          (end, body) => `for (const i of range(0, ${end})) {\ns_i32 = s_i32 ^ i;\n${body}\n}`,
        ),
      },
      {
        weight: 1,
        arbitrary: join([some(2)], (body) => `for (const i of range(7, 0, -3)) {\n${body}\ns_i32 += i;\n}`),
      },
      {
        weight: 1,
        arbitrary: join(
          [condition, some(1), some(1)],
          (c, a, b) => `for (const i of range(0, 4)) {\n${a}\nif (${c}) break;\n${b}\n}`,
        ),
      },
      {
        weight: 1,
        arbitrary: join(
          [condition, some(1), some(1)],
          (c, a, b) => `for (const i of range(0, 3)) {\n${a}\nif (${c}) continue;\n${b}\n}`,
        ),
      },
      {
        weight: 1,
        arbitrary: join(
          [some(2)],
          (body) => `for (const i of staticRange(0, ROUNDS)) {\ns_i64 = s_i64 + i;\n${body}\n}`,
        ),
      },
      {
        weight: 1,
        arbitrary: join([text("n", "3"), some(2)], (end, body) => `for (let w = 0; w < ${end}; w++) {\n${body}\n}`),
      },
    ),
  };
});

/** The statements of a kernel. */
export const bodies: Text = fc.array(statement, { minLength: 1, maxLength: 2 }).map((all) => all.join("\n"));

const POINTERS = ALL.flatMap((dtype) => ["x", "m", "out"].map((name) => `${name}_${dtype}: Ptr<"${dtype}">`)).concat(
  COUNTED.map((dtype) => `c_${dtype}: Ptr<"${dtype}">`),
);
const FUNCTIONS = ALL.flatMap((dtype) => {
  const [tile, scalar] = dtype === "bool" ? ["Mask<[16]>", "Bool"] : [`Tile<[16], "${dtype}">`, `Tile<[], "${dtype}">`];
  const more = dtype === "bool" ? "!v" : isInteger(dtype) ? "v ^ 3" : "v * 2.0";
  return [
    `const same_tile_${dtype} = (v: ${tile}) => ${more};`,
    `const same_scalar_${dtype} = (v: ${scalar}) => ${more};`,
  ];
});
const VARIABLES = ALL.flatMap((dtype) => [
  [
    `t_${dtype}`,
    `  let t_${dtype} = ${loaded(dtype, `x_${dtype} + base + at`)};`,
    `  store(out_${dtype} + base + at, t_${dtype});`,
  ],
  [
    `s_${dtype}`,
    `  let s_${dtype} = ${loaded(dtype, `x_${dtype} + 5`)};`,
    `  store(out_${dtype} + base + 16, s_${dtype});`,
  ],
]) as [string, string, string][];
const NAMES =
  "abs all any arange argmax argmin atomicAdd atomicAnd atomicMax atomicMin atomicOr atomicXor broadcastTo cdiv ceil clamp col cumsum debugBarrier dot floor floorDiv fma interleave join kernel load max maximum maxWithIndex min minimum numPrograms programId range reshape row sort split sqrt staticRange store sum to trans where xorSum";

/** A file with a kernel for each of the bodies. */
export const fileOf = (all: readonly string[]): string => `import {
  ${NAMES.replaceAll(" ", ", ")},
  type Bool, type Const, type Int, type Mask, type Ptr, type Tile,
} from "tilescript";
${FUNCTIONS.filter((line) => all.some((body) => body.includes(`${line.split(" ")[1]}(`))).join("\n")}
${all.map(kernelOf).join("\n")}`;

/** What a kernel does not use, it has not. */
function kernelOf(body: string, index: number): string {
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body);
  const variables = VARIABLES.filter(([name]) => uses(name));
  const lines = [
    ...variables.map((one) => one[1]),
    ...body.split("\n").map((line) => `  ${line}`),
    ...variables.map((one) => one[2]),
  ];
  const params = POINTERS.filter((one) => new RegExp(`\\b${one.split(":")[0]}\\b`).test(lines.join("\n")));
  const names = [...params.map((one) => one.split(":")[0]), "n", "ROUNDS"];
  return `export const k${index} = kernel(({ ${names.join(", ")} }: { ${params.join("; ")}; n: Int; ROUNDS: Const<"ROUNDS"> }) => {
  const pid = programId(0);
  const base = pid * ${REGION};
  const at = arange(0, ${SIZE});
${lines.join("\n")}
}, { builds: [{ constants: ${JSON.stringify(CONSTANTS)}, fpFusion: false }] });
`;
}
