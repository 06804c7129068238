import { once } from "node:events";
import { openSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it } from "vitest";
import { image, openFake } from "./fake-driver.js";

const { addon, fake, path } = openFake();
const descriptor = openSync(process.execPath, "r");
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

beforeEach(() => fake.reset());

/** Collects until nothing of the driver is left; finalizers run on later turns of the event loop. */
const collected = () =>
  expect
    .poll(() => {
      collect();
      return fake.live();
    })
    .toEqual([]);

describe("handles that nobody destroyed", () => {
  it("are let go by the garbage collector, in whatever order", async () => {
    await (async () => {
      const context = new addon.Context(0);
      const stream = new addon.Stream(context);
      const memory = new addon.Memory(context, 64);
      const growable = new addon.GrowableMemory(context, stream, 64);
      growable.grow(64);
      const pinned = new addon.PinnedMemory(context, 64);
      new Uint8Array(pinned.buffer)[0] = 1;
      const module = new addon.Module(context, image("append params=8,4"));
      const launch = new addon.PreparedLaunch(module.function("append"), stream, { grid: [1], block: [1] }, [0, 8], 12);
      new DataView(launch.params()).setBigUint64(0, memory.address, true);
      stream.beginCapture();
      new addon.LaunchList([launch]).launch();
      stream.enqueueRead(memory, 0, pinned, 0, 4);
      stream.fill(growable, 0, 64, 0);
      const exec = stream.endCapture().instantiate();
      exec.launch(stream);
      const copies = [{ to: memory, toOffset: 0, file: descriptor, offset: 0, bytes: 64 }];
      await new addon.Uploader(context, 2, 2, 16).upload(copies, new addon.Transfer());
      const event = new addon.Event(context, true);
      stream.record(event);
      expect(fake.live()).toContain("execs 1");
    })();
    await collected();
  });

  it("are let go when a constructor fails half-way", async () => {
    const context = new addon.Context(0);
    fake.fail("cuEventCreate", 2, 700);
    expect(() => new addon.Uploader(context, 1, 3, 16)).toThrow("cuEventCreate(");
    expect(fake.live()).toEqual(["contexts 1"]);
    context.destroy();
    await collected();
  });

  it("are let go with the worker thread that made them", async () => {
    const body = `
      const addon = require(${JSON.stringify(path)});
      addon.openDriver(process.env.TILESCRIPT_LIBCUDA);
      const context = new addon.Context(0);
      globalThis.kept = [context, new addon.Memory(context, 16), new addon.Stream(context), new addon.PinnedMemory(context, 16)];
      globalThis.view = new Uint8Array(kept[3].buffer);
      require("node:worker_threads").parentPort.postMessage("ready");
      setInterval(() => {}, 1000);`;
    const worker = new Worker(body, { eval: true });
    await once(worker, "message");
    expect(fake.live()).toEqual(["contexts 1", "memory 1", "pinned 1", "streams 1"]);
    await worker.terminate();
    await collected();
  });

  it("are let go with a worker thread that is terminated while an upload is under way", async () => {
    const body = `
      const addon = require(${JSON.stringify(path)});
      addon.openDriver(process.env.TILESCRIPT_LIBCUDA);
      const context = new addon.Context(0);
      const memory = new addon.Memory(context, 1 << 22);
      const copy = { to: memory, toOffset: 0, file: ${descriptor}, offset: 0, bytes: 1 << 22 };
      new addon.Uploader(context, 3, 2, 4096).upload([copy], new addon.Transfer());
      require("node:worker_threads").parentPort.postMessage("ready");
      setInterval(() => {}, 1000);`;
    for (let round = 0; round < 20; round++) {
      const worker = new Worker(body, { eval: true });
      await once(worker, "message");
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      await worker.terminate();
    }
    await collected();
  });
});
