import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFrontend } from "../../compiler/frontend/index.js";
import { type Build, isOptional, type Kernel } from "../../compiler/ir/index.js";
import { inferTypes } from "../../compiler/passes/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { CORNERS, type Corner, type CornerMemory, nearly, UNTOUCHED } from "../cases/corners.js";
import { encode } from "../gpu/values.js";
import { interpret } from "../reference/triton-interpreter.js";
import { decode, run, type Tensor, type TensorTable } from "./backends/wasm/run.js";

const { drafts, diagnostics } = createFrontend().lower(
  [
    "addresses.kernel.ts",
    "combining.kernel.ts",
    "constants.kernel.ts",
    "corners.kernel.ts",
    "asm.kernel.ts",
    "directed.kernel.ts",
    "functions.kernel.ts",
    "lists.kernel.ts",
    "optional.kernel.ts",
    "language.kernel.ts",
    "libdevice.kernel.ts",
  ],
  {
    root: fileURLToPath(new URL("../cases", import.meta.url)),
  },
);
const kernels = new Set(drafts.map(({ name }) => name));

/** The kernel, of a generic one that of the corner's dtypes. */
const kernelOf = ({ kernel, dtypes = {} }: Corner): Kernel =>
  drafts.find(
    (one) => one.name === kernel && Object.entries(one.dtypes).every(([name, dtype]) => dtypes[name] === dtype),
  )!;

const room = ({ want }: Corner): Tensor => ({ dtype: "f64", data: want.map(() => UNTOUCHED) });
const tensor = ({ dtype, numbers }: CornerMemory): Tensor => ({ dtype, data: numbers });
const given = ({ args }: Corner): Record<string, Tensor | TensorTable | number> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      if (typeof value === "number") return [name, value];
      if (!("addressesOf" in value)) return [name, tensor(value)];
      const addressesOf = value.addressesOf.map((one) => (typeof one === "string" ? one : tensor(one)));
      return [name, { ...value, addressesOf }];
    }),
  );

async function inTriton(corner: Corner): Promise<number[]> {
  const kernel: Kernel = inferTypes(kernelOf(corner)).kernel;
  const optional = kernel.params.filter(isOptional).map(({ name }) => [name, corner.args[name] !== undefined]);
  const constants = { ...corner.constants, ...Object.fromEntries(optional) };
  const build = { constants, dtypes: {} } as unknown as Build;
  const all: [string, Tensor | TensorTable | number][] = Object.entries({ ...given(corner), out: room(corner) });
  const views = Object.fromEntries(
    all.flatMap(([name, value]) =>
      typeof value === "number" || "addressesOf" in value ? [] : [[name, encode(value.dtype, value.data)]],
    ),
  );
  const memory = all.map(([name, value]) => {
    const view = views[name];
    if (typeof value === "number" || !("addressesOf" in value)) return [name, view ?? value];
    const of = value.addressesOf.map((one) => (typeof one === "string" ? views[one] : encode(one.dtype, one.data)));
    return [name, { addressesOf: of, more: value.more ?? [] }];
  });
  const args = Object.fromEntries(memory);
  await interpret(kernel, build, args, [1]);
  const { buffer, byteOffset, byteLength } = args.out as ArrayBufferView;
  return decode("f64", new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
}

/** What is off by more than rounding stands in the difference as it is. */
function expectRight(got: readonly number[], corner: Corner): void {
  expect(nearly(got, corner)).toEqual(corner.want);
}

describe("corners", () => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await CpuDevice.open();
    // What follows has addresses that are negative where they are taken for signed ones; others run below that.
    device.reserve(2 ** 31);
  });
  afterAll(() => device?.close());

  it("have kernels without problems, and each is asked about", () => {
    expect(diagnostics).toEqual([]);
    expect(new Set(CORNERS.map(({ kernel }) => kernel))).toEqual(kernels);
  });

  it.each(CORNERS)("$title, on the CPU executor", async (corner) => {
    const args = { ...given(corner), out: room(corner), ...corner.constants };
    const { out } = await run(device, kernelOf(corner), args);
    expectRight(out as readonly number[], corner);
  });

  it.each(CORNERS.filter(({ large }) => !large))(
    "$title, in Triton's interpreter",
    { timeout: 120_000 },
    async (corner) => {
      expectRight(await inTriton(corner), corner);
    },
  );
});
