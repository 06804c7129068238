import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.js";
import { faultOf, run } from "./kernel-text.js";

/** Kernels that once ended in an error without a place. */
const FOUND: readonly string[] = [
  'store(x, to(full([16], -Infinity, "i64"), "f32"));',
  'store(x, to(full([16], NaN, "i32"), "f32"));',
  "for (const i of range(4294967296, n)) store(x + i, 1.0);",
  "for (const i of range(0, 4294967296)) store(x + i, 1.0);",
  "for (const i of range(2147483648, 9, n)) store(x + i, 1.0);",
  "for (const i of staticRange(4294967296, 4294967300)) store(x + i, 1.0);",
  `store(x, ${"(".repeat(2_000)}1.0${")".repeat(2_000)});`,
  `store(x, 1.0${" + 1.0".repeat(20_000)});`,
  `store(x, ${"!".repeat(5_000)}true);`,
  "for (const i of staticRange(0, 65536)) for (const j of staticRange(0, 65536)) store(x + arange(i, i + 16), 1.0);",
  "store(x, 1 << 5000000000);",
  "store(x + (floorDiv(64, 0) & 3), 1.0);",
];

const kernel = (body: string) =>
  `import { arange, floorDiv, full, kernel, type Int, type Ptr, range, staticRange, store, to } from "tilescript";
export const k = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => { ${body} });
`;

test.each(FOUND.map((body) => [body.slice(0, 60), body]))("%s", async (_name, body) => {
  expect(await faultOf(kernel(body), temporaryFolder("fuzz"))).toBeUndefined();
});

test("a few mutants", async () => {
  expect((await run({ seed: 1, deadline: Date.now() + 2_000 })).inputs).toBeGreaterThan(0);
});
