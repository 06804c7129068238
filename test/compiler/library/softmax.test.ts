import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createFrontend } from "../../../compiler/frontend/index.js";
import type { Build } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { encode } from "../../gpu/values.js";
import { interpret } from "../../reference/triton-interpreter.js";
import { decode, run } from "../backends/wasm/run.js";

const root = fileURLToPath(new URL("../../cases", import.meta.url));
const draft = createFrontend()
  .lower(["library.kernel.ts"], { root })
  .drafts.find(({ name }) => name === "softmaxes")!;

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device?.close());

/** Large numbers that must not overflow, in the lines of the second half of the rows what has no parts. */
const PLAIN = Array.from({ length: 32 }, (_, at) => ((at * 37) % 64) - 20);
const LARGE = PLAIN.map((x) => x * 1000);
const ODD = PLAIN.map((x, at) =>
  at < 8 ? -Infinity : at === 9 ? Number.NaN : at === 17 ? Infinity : at === 25 ? -Infinity : x,
);

/** Parts of the numbers at these places, in doubles. */
function parts(x: readonly number[], places: readonly number[]): number[] {
  const line = places.map((place) => x[place]!);
  const most = Math.max(...line.filter((one) => !Number.isNaN(one)));
  const e = line.map((one) => Math.exp(one - most));
  const sum = e.reduce((a, b) => a + b);
  return e.map((one) => one / sum);
}

/** The same for every line: `step` apart, `count` of them. */
function lines(x: readonly number[], count: number, step: number): number[] {
  const result = new Array<number>(x.length);
  for (const start of x.keys()) {
    if (Math.floor(start / step) % count !== 0) continue;
    const places = Array.from({ length: count }, (_, at) => start + at * step);
    for (const [at, part] of parts(x, places).entries()) result[places[at]!] = part;
  }
  return result;
}

const close = (got: readonly number[], want: readonly number[], within: number): void => {
  for (const [at, one] of got.entries()) {
    if (Number.isNaN(want[at]!)) expect(one, `${at}`).toBeNaN();
    else expect(Math.abs(one - want[at]!), `${at}`).toBeLessThan(within);
  }
};

it.each([
  ["plain", PLAIN],
  ["large", LARGE],
  ["odd", ODD],
])("softmax of %s numbers is the same for the CPU and for Triton", { timeout: 120_000 }, async (_, x) => {
  const half = x.map((one) => (Math.abs(one) > 60_000 ? Math.sign(one) * Infinity : one));
  const zeros = { dtype: "f32", data: new Array<number>(160).fill(0) } as const;
  const want = [...lines(x, 4, 8), ...lines(x, 8, 1), ...lines(x, 2, 4), ...lines(x, 4, 1), ...lines(half, 8, 1)];
  const inputs = {
    x: { dtype: "f32", data: x },
    h: { dtype: "f16", data: half },
    d: { dtype: "f64", data: x },
    out: zeros,
    wide: { dtype: "f64", data: new Array<number>(32).fill(0) },
  } as const;
  const { out, wide } = await run(device, draft, inputs);
  close(out!, want, 1e-6);
  close(wide!, lines(x, 32, 1), 1e-15);
  const memory = Object.fromEntries(
    Object.entries(inputs).map(
      ([name, { dtype, data }]) => [name, encode(dtype, data) as NodeJS.ArrayBufferView] as const,
    ),
  );
  await interpret(inferTypes(draft).kernel, { constants: {}, dtypes: {} } as Partial<Build> as Build, memory, [1]);
  close(decode("f32", new Uint8Array(memory.out!.buffer)), want, 1e-6);
  close(decode("f64", new Uint8Array(memory.wide!.buffer)), lines(x, 32, 1), 1e-15);
});
