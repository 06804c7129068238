import { dimName, type Kernel } from "../../../compiler/ir/index.js";
import * as d from "./draft.js";

const BLOCK = dimName("BLOCK");
const BM = dimName("BM");
const BN = dimName("BN");
const BK = dimName("BK");
const D = dimName("D");

/** out = x + y. */
export function vectorAdd(): Kernel {
  d.at(1);
  const params = [
    d.ptr("x", "f32"),
    d.ptr("y", "f32"),
    d.ptr("out", "f32"),
    d.scalarParam("n", "i32"),
    d.constParam("BLOCK"),
  ];
  d.at(3);
  const i = d.declare("i", d.add(d.mul(d.programId(0), "BLOCK"), d.arange(0, BLOCK)));
  d.at(4);
  const mask = d.declare("mask", d.lt("i", "n"));
  d.at(5);
  const sum = d.add(d.load(d.add("x", "i"), { mask: "mask" }), d.load(d.add("y", "i"), { mask: "mask" }));
  const out = d.store(d.add("out", "i"), sum, { mask: "mask" });
  return d.kernel("vector_add", params, [i, mask, out], { doc: "out = x + y.", builds: [d.build({ BLOCK: 1024 })] });
}

/** One row of softmax a program. */
export function softmax(): Kernel {
  d.at(1);
  const params = [
    d.ptr("x", "bf16"),
    d.ptr("out", "bf16"),
    d.scalarParam("stride", "i32"),
    d.scalarParam("columns", "i32"),
    d.constParam("BLOCK"),
  ];
  const body = [
    d.declare("row", d.programId(0)),
    d.declare("j", d.arange(0, BLOCK)),
    d.declare("start", d.add("x", d.mul("row", "stride"))),
    d.declare(
      "v",
      d.op(
        "cast",
        {
          x: d.load(
            d.add("start", "j"),
            { mask: d.lt("j", "columns"), other: d.float(-Infinity) },
            { eviction: "evict_first" },
          ),
        },
        { dtype: "f32" },
      ),
    ),
    d.declare("e", d.unary("exp", d.sub("v", d.op("max", { x: "v" }, { axis: 0 })))),
    d.store(d.add("out", d.mul("row", "stride"), "j"), d.div("e", d.op("sum", { x: "e" }, { axis: 0 })), {
      mask: d.lt("j", "columns"),
    }),
  ];
  return d.kernel("softmax", params, body, { doc: "Softmax of the rows of x.", builds: [d.build({ BLOCK: 1024 })] });
}

/** C = A · B as in the README. */
export function matmul(): Kernel {
  d.at(1);
  const params = [
    d.ptr("a", "bf16"),
    d.ptr("b", "bf16"),
    d.ptr("c", "f32"),
    ...["M", "N", "K"].map((name) => d.scalarParam(name, "i32")),
    ...["BM", "BN", "BK"].map((name) => d.constParam(name)),
  ];
  const inA = d.and(d.lt(d.col("rm"), "M"), d.lt(d.row(d.add("rk", "k")), "K"));
  const inB = d.and(d.lt(d.col(d.add("rk", "k")), "K"), d.lt(d.row("rn"), "N"));
  const body = [
    d.declare("rm", d.add(d.mul(d.programId(0), "BM"), d.arange(0, BM))),
    d.declare("rn", d.add(d.mul(d.programId(1), "BN"), d.arange(0, BN))),
    d.declare("rk", d.arange(0, BK)),
    d.declare("acc", d.zeros([BM, BN], "f32")),
    d.loop(
      "k",
      [0, "K", "BK"],
      [
        d.declare("x", d.load(d.add("a", d.mul(d.col("rm"), "K"), d.row(d.add("rk", "k"))), { mask: inA, other: 0 })),
        d.declare("y", d.load(d.add("b", d.mul(d.col(d.add("rk", "k")), "N"), d.row("rn")), { mask: inB, other: 0 })),
        d.assign("acc", d.add("acc", d.op("dot", { a: "x", b: "y" }))),
      ],
    ),
    d.store(d.add("c", d.mul(d.col("rm"), "N"), d.row("rn")), "acc", {
      mask: d.and(d.lt(d.col("rm"), "M"), d.lt(d.row("rn"), "N")),
    }),
  ];
  return d.kernel("matmul", params, body, {
    doc: "C[M,N] = A[M,K] · B[K,N], row-major.",
    builds: [d.build({ BM: 128, BN: 128, BK: 64 }, { warps: 8 })],
  });
}

/** Attention of one block of queries, causal or not, with a helper that returns two values. */
export function flashAttention(): Kernel {
  d.at(1);
  const params = [
    ...["q", "k", "v", "out"].map((name) => d.ptr(name, "f16")),
    d.scalarParam("length", "i32"),
    d.scalarParam("scale", "f32"),
    ...["BM", "BN", "D"].map((name) => d.constParam(name)),
    d.constParam("CAUSAL", "bool"),
  ];
  d.at(20);
  const rescale = d.fn(
    "rescale",
    ["best", "scores"],
    [
      d.declare("next", d.op("maximum", { a: "best", b: d.op("max", { x: "scores" }, { axis: 1 }) })),
      d.give(d.tuple("next", d.unary("exp2", d.sub("best", "next")))),
    ],
  );
  d.at(5);
  const keys = d.declare(
    "kt",
    d.load(d.add("k", d.mul(d.row(d.add("start", "n")), "D"), d.col("dd")), {
      mask: d.lt(d.row(d.add("start", "n")), "length"),
      other: 0,
    }),
  );
  const body = [
    d.declare("m", d.add(d.mul(d.programId(0), "BM"), d.arange(0, BM))),
    d.declare("n", d.arange(0, BN)),
    d.declare("dd", d.arange(0, D)),
    d.declare(
      "query",
      d.load(d.add("q", d.mul(d.col("m"), "D"), d.row("dd")), { mask: d.lt(d.col("m"), "length"), other: 0 }),
    ),
    d.declare("best", d.op("full", { value: d.float(-Infinity) }, { shape: [BM], dtype: "f32" })),
    d.declare("total", d.zeros([BM], "f32")),
    d.declare("acc", d.zeros([BM, D], "f32")),
    d.declare(
      "end",
      d.op("select", {
        condition: "CAUSAL",
        a: d.op("minimum", { a: d.mul(d.add(d.programId(0), 1), "BM"), b: "length" }),
        b: "length",
      }),
    ),
    d.loop(
      "start",
      [0, "end", "BN"],
      [
        keys,
        d.declare("s", d.mul(d.op("dot", { a: "query", b: "kt" }), d.mul("scale", d.float(Math.LOG2E)))),
        d.assign(
          "s",
          d.op("where", { condition: d.lt(d.row(d.add("start", "n")), "length"), a: "s", b: d.float(-Infinity) }),
        ),
        d.when("CAUSAL", [
          d.assign(
            "s",
            d.op("where", {
              condition: d.op("ge", { a: d.col("m"), b: d.row(d.add("start", "n")) }),
              a: "s",
              b: d.float(-Infinity),
            }),
          ),
        ]),
        d.unpack(["next", "decay"], d.call("rescale", "best", "s")),
        d.declare("p", d.unary("exp2", d.sub("s", d.col("next")))),
        d.assign("total", d.add(d.mul("total", "decay"), d.op("sum", { x: "p" }, { axis: 1 }))),
        d.declare(
          "values",
          d.load(d.add("v", d.mul(d.col(d.add("start", "n")), "D"), d.row("dd")), {
            mask: d.lt(d.col(d.add("start", "n")), "length"),
            other: 0,
          }),
        ),
        d.assign(
          "acc",
          d.op("dot", {
            a: d.op("cast", { x: "p" }, { dtype: "f16" }),
            b: "values",
            acc: d.mul("acc", d.col("decay")),
          }),
        ),
        d.assign("best", "next"),
      ],
      { options: { numStages: [2] } },
    ),
    d.store(d.add("out", d.mul(d.col("m"), "D"), d.row("dd")), d.div("acc", d.col("total")), {
      mask: d.lt(d.col("m"), "length"),
    }),
  ];
  return d.kernel("flash_attention", params, body, {
    functions: [rescale],
    doc: "Softmax(q · kᵀ) · v, one block of queries a program.",
    builds: [d.build({ BM: 64, BN: 64, D: 64, CAUSAL: true })],
  });
}

export const SAMPLES: Readonly<Record<string, () => Kernel>> = { vectorAdd, softmax, matmul, flashAttention };
