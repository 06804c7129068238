import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { bufferUpTo } from "../../../../runtime/device/cpu/grown-memory.mjs";

const PAGE = 65536;

it("looks again where a growth by another thread was missed", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true });
  const short = memory.buffer;
  memory.grow(3);
  let missed = true;
  const stale = {
    get buffer() {
      return missed ? short : memory.buffer;
    },
    grow(pages: number) {
      missed = false;
      return memory.grow(pages);
    },
  };
  expect(bufferUpTo(stale, PAGE).byteLength).toBe(PAGE);
  expect(bufferUpTo(stale, 3 * PAGE).byteLength).toBe(4 * PAGE);
});

it("leaves a memory as large as it is, seen from another thread", async () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true });
  const code = `const { workerData: memory, parentPort } = require("node:worker_threads");
    parentPort.once("message", (end) => import(${JSON.stringify(new URL("../../../../runtime/device/cpu/grown-memory.mjs", import.meta.url).href)})
      .then(({ bufferUpTo }) => parentPort.postMessage(bufferUpTo(memory, end).byteLength)));`;
  const worker = new Worker(code, { eval: true, workerData: memory });
  memory.grow(4);
  worker.postMessage(5 * PAGE);
  const seen = await new Promise((resolve) => worker.once("message", resolve));
  await worker.terminate();
  expect([seen, memory.buffer.byteLength]).toEqual([5 * PAGE, 5 * PAGE]);
});
