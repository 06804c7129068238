/** Graphs: the same on a GPU, over the fake driver, and on the CPU executor. */
import { beforeEach, describe, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import type { Device, Graph } from "../../../runtime/device/device.js";
import { openFake } from "../native/fake-driver.js";

const { fake } = openFake();

beforeEach(() => fake.reset());

const devices: [string, () => Promise<Device>][] = [
  ["a GPU", async () => CudaDevice.open()],
  ["the CPU executor", () => CpuDevice.open({ threads: 1, store: null })],
];

describe.each(devices)("a graph on %s", (_name, open) => {
  const freed = expect.objectContaining({
    name: "DeviceError",
    message: "A graph was replayed after a buffer that it uses was freed: capture it again.",
  });

  it("is not replayed after a buffer, a view of one or a mirror in it was freed", async () => {
    using device = await open();
    const kept = device.alloc(64);
    const uses: ((graph: (record: () => void) => Graph) => { graph: Graph; free: () => void })[] = [
      (capture) => {
        const buffer = device.alloc(64);
        return { graph: capture(() => device.fill(buffer, 1)), free: () => buffer.free() };
      },
      (capture) => {
        const buffer = device.alloc(64);
        return { graph: capture(() => device.copy(kept, buffer.view(16, 16), 16)), free: () => buffer.free() };
      },
      (capture) => {
        const buffer = device.alloc(64);
        return { graph: capture(() => device.copy(buffer.view(16), kept, 16)), free: () => buffer.free() };
      },
      (capture) => {
        const mirror = device.mirror(16);
        return { graph: capture(() => mirror.copyFrom(kept, 16)), free: () => mirror.free() };
      },
    ];
    for (const use of uses) {
      const { graph, free } = use((record) => device.capture(record));
      graph.replay();
      await device.synchronize();
      free();
      // What takes its place must stay as it is.
      using other = device.alloc(64);
      device.fill(other, 7);
      expect(() => graph.replay()).toThrow(freed);
      expect(() => graph.replay()).toThrow(freed);
      const bytes = new Uint8Array(64);
      await device.read(other, bytes);
      expect([...new Set(bytes)]).toEqual([7]);
      graph.destroy();
      expect(() => graph.replay()).toThrow("A graph was replayed after it was destroyed.");
    }
  });

  it("goes on when other buffers are freed, and ends with its device", async () => {
    const device = await open();
    const buffer = device.alloc(64);
    const graph = device.capture(() => device.fill(buffer, 1));
    device.alloc(8).free();
    graph.replay();
    await device.synchronize();
    expect(() => device.capture(() => graph.replay())).toThrow("Inside capture nothing can wait: call replay outside");
    device.close();
    expect(() => graph.replay()).toThrow("was used after it was closed.");
  });
});
