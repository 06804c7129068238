import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MANIFEST_VERSION, type Manifest, readManifest } from "../../../compiler/bundle/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import { fakeBundle, scalar } from "../device/cuda/fake-bundle.js";
import { openFake } from "../native/fake-driver.js";

const { fake } = openFake();
const device = CudaDevice.open();
afterAll(() => device.close());

const spoilt = (change: (manifest: Manifest) => unknown): string =>
  fakeBundle([{ name: "k", params: [scalar("n"), scalar("x", "f32")], variants: [{ divisible: ["n"] }, {}] }], change);

/** As the first version wrote it, which knew nothing of arguments equal to 1. */
function ofFirstVersion(): string {
  const folder = spoilt(() => undefined);
  const path = join(folder, "manifest.json");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(',"one":false', "").replace('"version":2', '"version":1'));
  return folder;
}

test("a bundle of the first version is read, and launched as it was", async () => {
  const folder = ofFirstVersion();
  expect(readFileSync(join(folder, "manifest.json"), "utf8")).not.toContain('"one"');
  expect(readManifest(folder).manifest.kernels[0]!.variants[0]!.params[0]).toMatchObject({
    divisible: true,
    one: false,
  });
  const kernel = (await device.load(folder)).kernel("k");
  kernel.launch([1], { n: 1, x: 0 });
  kernel.launch([1], { n: 16, x: 0 });
  expect(fake.launches()).toHaveLength(2);
});

test.each<[string, RegExp, (manifest: Manifest) => unknown]>([
  [
    "a later version",
    /it has version 3, and this runtime reads 1 and 2/,
    (whole) => ({ ...whole, version: MANIFEST_VERSION + 1 }),
  ],
  [
    "an argument that is 1 and a multiple of 16",
    /params\.0\.one: only an integer that is no multiple of 16 is 1/,
    (whole) => void Object.assign(whole.kernels[0]!.variants[0]!.params[0]!, { one: true }),
  ],
  [
    "a float that is 1",
    /params\.1\.one: only an integer/,
    (whole) => void Object.assign(whole.kernels[0]!.variants[1]!.params[1]!, { one: true }),
  ],
])("%s is refused", async (_what, message, change) => {
  await expect(device.load(spoilt(change))).rejects.toThrow(message);
});
