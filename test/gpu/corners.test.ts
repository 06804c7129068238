import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Device, DeviceBuffer } from "../../runtime/index.js";
import { download, upload } from "../../runtime/index.js";
import { CORNERS, type CornerMemory, nearly, UNTOUCHED } from "../cases/corners.js";
import { bundle, openBoth } from "./devices.js";
import { encode } from "./values.js";

let both: Awaited<ReturnType<typeof openBoth>>;
before(async () => {
  both = await openBoth(bundle("cases"));
});
after(() => both.close());

const memory = (device: Device, { dtype, numbers }: CornerMemory) => upload(device, encode(dtype, numbers));

for (const corner of CORNERS) {
  const { title, kernel, args, constants, dtypes, want } = corner;
  test(title, async () => {
    const device = both.gpu;
    const given: Record<string, DeviceBuffer | number> = {};
    for (const [name, value] of Object.entries(args))
      if (typeof value === "number") given[name] = value;
      else if (!("addressesOf" in value)) given[name] = await memory(device, value);
    for (const [name, value] of Object.entries(args)) {
      if (typeof value === "number" || !("addressesOf" in value)) continue;
      const of = await Promise.all(
        value.addressesOf.map((one) => (typeof one === "string" ? (given[one] as DeviceBuffer) : memory(device, one))),
      );
      const words = [...of.map(({ address }) => address), ...(value.more ?? []).map(BigInt)];
      given[name] = await upload(device, BigInt64Array.from(words));
    }
    const out = await upload(device, new Float64Array(want.length).fill(UNTOUCHED));
    both.onGpu.kernel(kernel).launch([1], { ...given, ...constants, ...dtypes, out });
    const got = await download(out, new Float64Array(want.length));
    assert.deepEqual(nearly([...got], corner), [...want]);
  });
}
