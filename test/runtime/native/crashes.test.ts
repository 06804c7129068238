/** What used to end the process, each in a process of its own. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openFake } from "./fake-driver.js";

const { path: addonPath } = openFake();
const fakePath = process.env.TILESCRIPT_LIBCUDA!;
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** For how long workers are ended; longer runs by TILESCRIPT_SOAK. */
const seconds = Number(process.env.TILESCRIPT_SOAK ?? 8);

function run(args: readonly string[]) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 1000 * seconds + 50_000,
  });
  return { status, signal, stdout, stderr };
}

it(
  "worker threads are ended at any moment of any call",
  () => {
    const { status, signal, stdout, stderr } = run([at("terminate.mjs"), addonPath, fakePath, String(seconds)]);
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
    const counts = Object.values(JSON.parse(stdout) as Record<string, number>);
    expect(counts.length).toBeGreaterThan(10);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  },
  1000 * seconds + 60_000,
);

it("JavaScript's memory is detached or shrunk while a GPU's copies of it are under way", () => {
  const program = `
    import { CudaDevice } from "${at("../../../dist/runtime/device/cuda/index.js")}";
    const device = CudaDevice.open();
    const bytes = 24 << 20;
    const buffer = device.alloc(bytes);
    const ends = [(data) => structuredClone(data, { transfer: [data.buffer] }), (data) => data.buffer.resize(4096)];
    const told = new Set();
    for (const use of ["write", "read"])
      for (const end of ends)
        for (let round = 0; round < 8; round++) {
          const data = new Uint8Array(new ArrayBuffer(bytes, end === ends[1] ? { maxByteLength: bytes } : undefined));
          const copied = device[use](buffer, data);
          for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
          end(data);
          await copied.then(() => told.add("copied"), (error) => told.add(error.message.slice(0, 45)));
        }
    console.log(JSON.stringify([...told].sort()));
    device.close();`;
  const { status, signal, stdout, stderr } = run(["--input-type=module", "-e", program]);
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  expect(JSON.parse(stdout)).toContain("25165824 bytes were detached or resized while");
});
