import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Device, download, type LoadedBundle, upload } from "../../runtime/index.js";
import { bundle, openBoth } from "./devices.js";
import { encode } from "./values.js";

let both: Awaited<ReturnType<typeof openBoth>>;
before(async () => {
  both = await openBoth(bundle("cases"));
});
after(() => both.close());

const numbers = (count: number, factor: number) => Array.from({ length: count }, (_, i) => (i * factor) % 23);

async function combined(device: Device, kernels: LoadedBundle, T: "i32" | "u32" | "i64" | "u64"): Promise<Uint8Array> {
  const x = await upload(device, encode(T, numbers(16, 7)));
  const tensors = await upload(device, encode(T, numbers(60, 5)));
  const [name, dtypes] = T === "i64" ? ["signedBlockAtomics", {}] : ["blockAtomics", { T }];
  kernels.kernel(name).launch([1], { x, tensors, ...dtypes });
  return download(tensors, new Uint8Array(tensors.bytes));
}

for (const T of ["i32", "u32", "i64", "u64"] as const)
  test(`blocks of ${T} are combined with tensors`, async () => {
    assert.deepEqual(await combined(both.gpu, both.onGpu, T), await combined(both.cpu, both.onCpu, T));
  });
