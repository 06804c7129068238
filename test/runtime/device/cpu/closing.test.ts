import { pbkdf2 } from "node:crypto";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";

const openDescriptors = () => readdirSync("/proc/self/fd").length;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Keeps the threads busy that also read files, so that workers start slowly. */
const busy = () => Promise.all(Array.from({ length: 8 }, () => promisify(pbkdf2)("a", "b", 20_000, 32, "sha256")));

it("leaves no descriptor open where a device is closed while its workers start", async () => {
  const before = openDescriptors();
  for (let round = 0; round < 40; round++) {
    const device = await CpuDevice.open({ threads: 2, store: null });
    const work = busy();
    await pause(20 + 3 * round);
    device.close();
    await work;
  }
  await expect.poll(openDescriptors, { timeout: 60_000 }).toBeLessThanOrEqual(before);
});
