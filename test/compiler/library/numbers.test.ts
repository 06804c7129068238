import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createFrontend } from "../../../compiler/frontend/index.js";
import type { Build } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { interpret } from "../../reference/triton-interpreter.js";
import { run } from "../backends/wasm/run.js";

const { drafts } = createFrontend().lower(["library.kernel.ts"], {
  root: fileURLToPath(new URL("../../cases", import.meta.url)),
});
const draftOf = (name: string) => drafts.find((draft) => draft.name === name)!;
const inTriton = (name: string, args: Parameters<typeof interpret>[2]) =>
  interpret(inferTypes(draftOf(name)).kernel, { constants: {}, dtypes: {} } as Partial<Build> as Build, args, [1]);

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device?.close());

const X = [Number.NaN, Infinity, -Infinity, 0, -0, 1, 65504, -1];
const KINDS = [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
const HALVES = Uint16Array.of(0x7e00, 0x7c00, 0xfc00, 0, 0x8000, 0x3c00, 0x7bff, 0xbc00);

it("NaN, infinities and all others are told apart", { timeout: 120_000 }, async () => {
  const { out } = await run(device, draftOf("kindsOfNumbers"), {
    x: { dtype: "f32", data: X },
    h: { dtype: "f16", data: X },
    out: { dtype: "bool", data: new Array<number>(48).fill(0) },
  });
  expect(out).toEqual([...KINDS, ...KINDS]);
  const theirs = new Uint8Array(48);
  await inTriton("kindsOfNumbers", { x: Float32Array.from(X), h: HALVES, out: theirs });
  expect([...theirs]).toEqual([...KINDS, ...KINDS]);
});

/** The first two are those of Triton's documentation; three rows leave a group of one. */
it.each([
  [2, [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15]],
  [1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
  [3, [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, 12, 13, 14, 15]],
])("programs in groups of %i rows go down the columns", { timeout: 120_000 }, async (group, want) => {
  const zeros = new Array<number>(16).fill(0);
  const { out } = await run(device, draftOf("swizzled"), { group, out: { dtype: "i32", data: zeros } });
  expect(out).toEqual(want);
  const theirs = new Int32Array(16);
  await inTriton("swizzled", { group, out: theirs });
  expect([...theirs]).toEqual(want);
});

it("what is gathered may be written over what it is gathered from", async () => {
  const data = Array.from({ length: 16 }, (_, at) => at * at);
  const { x } = await run(device, draftOf("gatheredInPlace"), { x: { dtype: "i32", data } });
  expect(x).toEqual(data.map((_, at) => data[(at * 5) & 15]));
});
