import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "../../../../compiler/build/index.js";
import type { Variant } from "../../../../compiler/bundle/index.js";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { openFake } from "../../native/fake-driver.js";

openFake();
const bundle = join(temporaryFolder("specialization"), "bundle");
const tutorial = fileURLToPath(new URL("../../../compiler/build/specialization/tutorial.kernel.ts", import.meta.url));

beforeAll(() => build({ files: [tutorial], arch: [90], out: bundle }), 900_000);

const device = CudaDevice.open();
afterAll(() => device.close());

const INTEGERS = ["M", "N", "K", "strideAM", "strideAK", "strideBK", "strideBN", "strideCM", "strideCN"];

/** What a variant was compiled for. */
const promised = ({ params }: Variant): string[] =>
  params.flatMap((param) => [
    ...(param.divisible ? [`16 ${param.name}`] : []),
    ...(param.kind === "scalar" && param.one ? [`1 ${param.name}`] : []),
  ]);

test("a launch takes the cubin that promises most of what its arguments keep, all of which have the same layout", async () => {
  const kernel = (await device.load(bundle)).kernel("matmul") as unknown as {
    readonly entry: { readonly variants: readonly Variant[] };
    choose(args: object): { readonly variant: Variant };
  };
  const { variants } = kernel.entry;
  expect(variants).toHaveLength(5);
  expect(new Set(variants.map(({ abi }) => JSON.stringify(abi))).size).toBe(1);
  const memory = device.alloc(4096);
  const taken = new Set<Variant>();
  const integers = fc.record(Object.fromEntries(INTEGERS.map((name) => [name, fc.constantFrom(1, 16, 16, 64, 70)])));
  // Most row-major, as programs have it: anything else seldom has three strides of 1.
  const strides = fc.constantFrom<Record<string, number>>({}, { strideAK: 1, strideBN: 1, strideCN: 1 });
  const offsets = fc.record(
    Object.fromEntries(["a", "b", "c"].map((name) => [name, fc.constantFrom(0, 0, 0, 256, 2)])),
  );
  fc.assert(
    fc.property(integers, strides, offsets, (numbers, unit, places) => {
      const args: Record<string, number> = { ...numbers, ...unit };
      const keeps = (promise: string): boolean => {
        const [what, name] = promise.split(" ") as [string, string];
        const value = places[name] ?? args[name]!;
        return what === "1" ? value === 1 : value % 16 === 0;
      };
      const buffers = Object.fromEntries(Object.entries(places).map(([name, at]) => [name, memory.view(at)]));
      const { variant } = kernel.choose({ ...args, ...buffers });
      taken.add(variant);
      expect(promised(variant).every(keeps)).toBe(true);
      for (const other of variants.map(promised))
        if (other.every(keeps)) expect(promised(variant)).toEqual(expect.arrayContaining(other));
    }),
    { numRuns: 2000 },
  );
  expect(taken.size).toBe(5);
}, 120_000);
