import { describe, expect, it } from "vitest";
import {
  type Expr,
  type Kernel,
  mapExpressions,
  mapStatements,
  rewrite,
  type Stmt,
  scalar,
  tile,
} from "../../../compiler/ir/index.js";
import { inferTypes, verify } from "../../../compiler/passes/index.js";
import * as d from "../ir/draft.js";
import { SAMPLES } from "../ir/samples.js";

const PARAMS = [d.ptr("p", "f32"), d.scalarParam("n", "i32"), d.scalarParam("s", "f32")];
const typed = (body: readonly Stmt[], more: Partial<Kernel> = {}): Kernel =>
  inferTypes(d.kernel("k", PARAMS, body, more)).kernel;

/** A kernel with every expression changed. */
const altered = (kernel: Kernel, change: (expr: Expr) => Expr): Kernel => ({
  ...kernel,
  body: mapStatements(kernel.body, (stmt) => [mapExpressions(stmt, (expr) => rewrite(expr, change))]),
});

it.each(Object.entries(SAMPLES))("%s is legal when typed", (_name, make) => {
  const { kernel } = inferTypes(make());
  expect(verify(kernel, "inferTypes")).toBe(kernel);
});

describe("illegal IR is refused, with the pass that made it and the place", () => {
  const cases: readonly (readonly [string, () => Kernel, string])[] = [
    [
      "an expression without a type",
      () => ({ ...d.kernel("k", PARAMS, [d.declare("x", d.add("n", 1))]) }),
      "has no type",
    ],
    [
      "operands of two dtypes",
      () =>
        altered(typed([d.declare("x", d.add("n", 1))]), (expr) =>
          expr.kind === "literal" ? { ...expr, value: 1.5, type: scalar("f32") } : expr,
        ),
      "add(n, 1.5:f32)",
    ],
    [
      "a result of the wrong shape",
      () => altered(typed([d.declare("x", d.zeros([16], "f32"))]), (expr) => ({ ...expr, type: tile("f32", [32]) })),
      "has type Tile<[32], f32>, but is Tile<[16], f32>",
    ],
    ["a name declared twice", () => typed([d.declare("x", "n"), d.declare("x", "n")]), "x is declared twice"],
    [
      "a name outside its body",
      () => typed([d.when(d.lt("n", 1), [d.declare("x", "n")]), d.declare("y", "x")]),
      "is not declared",
    ],
    [
      "a variable that changes its type",
      () => {
        const kernel = typed([d.declare("x", "n"), d.assign("x", d.add("x", 1))]);
        const other = typed([d.declare("x", "s"), d.assign("x", d.add("x", 1))]);
        return { ...kernel, body: [kernel.body[0]!, other.body[1]!] };
      },
      "in x: is f32, but was declared as i32",
    ],
    [
      "an unknown op",
      () =>
        altered(typed([d.declare("x", d.add("n", 1))]), (expr) =>
          expr.kind === "op" ? { ...expr, op: "plus" } : expr,
        ),
      "no such op",
    ],
    [
      "a call of a function that is not there",
      () => ({
        ...typed([d.declare("x", d.call("f", "n"))], { functions: [d.fn("f", ["a"], [d.give("a")])] }),
        functions: [],
      }),
      "calls a function that does not come before it",
    ],
    [
      "a condition on a number",
      () => {
        const kernel = typed([d.when(d.lt("n", 1), [])]);
        return {
          ...kernel,
          body: [
            {
              ...(kernel.body[0] as Extract<Stmt, { kind: "if" }>),
              condition: { ...d.expr("n"), type: scalar("i32") } as Expr,
            },
          ],
        };
      },
      "has the condition i32",
    ],
    [
      "a loop that carries an unknown name",
      () => {
        const kernel = typed([d.loop("i", [0, "n", 1], [])]);
        return { ...kernel, body: [{ ...(kernel.body[0] as Extract<Stmt, { kind: "for" }>), carried: ["ghost"] }] };
      },
      "carries ghost",
    ],
  ];

  it.each(cases)("%s", (_title, make, problem) => {
    expect(() => verify(make(), "test")).toThrow(problem);
    expect(() => verify(make(), "test")).toThrow(/^test made invalid IR at draft\.kernel\.ts:\d+:\d+/);
  });
});
