import { expect, test } from "vitest";
import { planUnits } from "../../../compiler/build/plan.js";
import { bundleProblems } from "../../../compiler/build/problems.js";
import { build, constant, descriptor, kernel, pointer, scalar } from "./kernels.js";

const shown = (...given: Parameters<typeof planUnits>): string[] =>
  planUnits(...given).map(({ kernel: { name }, build: { constants, dtypes }, arch, divisible, one }) =>
    [
      ...[name, `sm_${arch}`, ...Object.values({ ...dtypes, ...constants })],
      [divisible.join("+"), ...one.map((integer) => `${integer}=1`)].filter(Boolean).join(" ") || "generic",
    ].join(" "),
  );

test("every build is compiled for every architecture, aligned first, then without assumptions", () => {
  const k = kernel({
    params: [pointer("x"), scalar("n", "i32"), scalar("eps", "f32"), constant("B")],
    builds: [build({ constants: { B: 64 }, divisible: ["x", "n"] })],
  });
  expect(shown([k], [80, 90])).toEqual([
    "k sm_80 64 x+n",
    "k sm_80 64 x",
    "k sm_80 64 generic",
    "k sm_90 64 x+n",
    "k sm_90 64 x",
    "k sm_90 64 generic",
  ]);
});

test("the author may narrow what is divisible and may do without the generic variant", () => {
  const builds = [build({ divisible: ["x"], alignment: "required" })];
  expect(shown([kernel({ params: [pointer("x"), scalar("n", "i32")], builds })], [90])).toEqual(["k sm_90 x"]);
});

test("with required alignment and nothing named all is divisible that can be", () => {
  const params = [pointer("x"), scalar("n", "i32"), scalar("eps", "f32")];
  expect(shown([kernel({ params, builds: [build({ alignment: "required" })] })], [90])).toEqual(["k sm_90 x+n"]);
});

test("the author may name the variants; one for any arguments follows unless alignment is required", () => {
  const params = [pointer("x"), scalar("n", "i32"), scalar("stride", "i64")];
  const specialize = [
    { divisible: ["x", "n"], one: ["stride"] },
    { divisible: ["x"], one: [] },
  ];
  const named = (changes: Parameters<typeof build>[0]) =>
    shown([kernel({ params, builds: [build({ specialize, ...changes })] })], [90]);
  expect(named({})).toEqual(["k sm_90 x+n stride=1", "k sm_90 x", "k sm_90 generic"]);
  expect(named({ alignment: "required" })).toEqual(["k sm_90 x+n stride=1", "k sm_90 x"]);
  expect(named({ specialize: [specialize[0]!, { divisible: [], one: [] }] })).toEqual([
    "k sm_90 x+n stride=1",
    "k sm_90 generic",
  ]);
});

test("what cannot be divisible needs no second variant", () => {
  const params = [descriptor("d", [16]), scalar("eps", "f32"), scalar("flag", "bool")];
  expect(shown([kernel({ params })], [90])).toEqual(["k sm_90 generic"]);
});

test("a build belongs to the binding of its dtypes", () => {
  const builds = [build({ dtypes: { T: "f32" } }), build({ dtypes: { T: "bf16" } })];
  const both = (["f32", "bf16"] as const).map((T) => kernel({ dtypes: { T }, builds }));
  expect(shown(both, [90])).toEqual(["k sm_90 f32 generic", "k sm_90 bf16 generic"]);
});

test("a kernel with open constants and no builds is a problem that names them", () => {
  const [problem] = bundleProblems([kernel({ params: [constant("BLOCK")], dtypes: { T: "f32" } })]);
  expect(problem).toMatchObject({
    code: "TS-K3001",
    hint: "add { builds: [{ constants: { BLOCK: … }, dtypes: { T: … } }] } as the second argument of kernel()",
  });
  expect(problem?.message).toContain("BLOCK, T");
});

test("two kernels of one name from two files are a problem, two bindings of one kernel are not", () => {
  const k = kernel({ dtypes: { T: "f32" }, builds: [build({ dtypes: { T: "f32" } })] });
  expect(bundleProblems([k, { ...k, dtypes: { T: "bf16" } }])).toEqual([]);
  expect(bundleProblems([k, { ...k, file: "other.kernel.ts" }])).toMatchObject([{ code: "TS-K3002" }]);
});
