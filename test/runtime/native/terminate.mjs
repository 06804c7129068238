// Ends worker threads at any moment of what they do with the add-on, each way in turn, until the time is over; then says how often.
//
//   node terminate.mjs <the add-on> <the fake libcuda> <seconds>
//
// A C++ exception that leaves a callback, where nothing can be thrown into JavaScript any more, would abort this process.
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const [addonPath, fakePath, seconds] = workerData?.args ?? process.argv.slice(2);

/** What a worker does over and over. Each is given fresh objects; those that answer promises are awaited. */
const WAYS = {
  memory: ({ addon, context }) => new addon.Memory(context, 64).destroy(),
  copies({ stream, memory }) {
    stream.write(memory, 0, new Uint8Array(64));
    stream.read(memory, 0, new Uint8Array(64));
  },
  failures({ stream, memory }) {
    for (let round = 0; round < 100; round++) {
      try {
        stream.fill(memory, 60, 64, 0);
      } catch {}
    }
  },
  "driver failures"({ addon, context }) {
    for (let round = 0; round < 100; round++) {
      try {
        new addon.Memory(context, 2 ** 40);
      } catch {}
    }
  },
  "an error factory that throws"({ addon, context }) {
    addon.setErrorFactory(() => {
      throw new Error("none");
    });
    WAYS["driver failures"]({ addon, context });
  },
  launches({ launch, list }) {
    for (let round = 0; round < 100; round++) launch.launch();
    list.launch();
  },
  "launches that fail"({ launch }) {
    launch.destroy();
    for (let round = 0; round < 100; round++) {
      try {
        launch.launch();
      } catch {}
    }
  },
  waits: ({ stream, event, context }) =>
    Promise.all([stream.synchronizeAsync(), event.synchronizeAsync(), context.synchronizeAsync()]),
  modules: async ({ addon, context, image }) =>
    (await addon.Module.load(context, image)).function("append").attributes(),
  "modules that fail": ({ addon, context }) => addon.Module.load(context, new Uint8Array(8)).catch(() => undefined),
  uploads({ addon, context, memory }) {
    const copy = { to: memory, toOffset: 0, file: workerData.file, offset: 0, bytes: 64 };
    return new addon.Uploader(context, 2, 2, 16).upload([copy, copy, copy], new addon.Transfer());
  },
  graphs({ stream, memory, pinned }) {
    stream.beginCapture();
    stream.enqueueRead(memory, 0, pinned, 0, 64);
    const graph = stream.endCapture();
    graph.nodes();
    graph.instantiate().launch(stream);
  },
  buffers({ addon, context, launch }) {
    launch.params();
    const pinned = new addon.PinnedMemory(context, 64);
    new Uint8Array(pinned.buffer).fill(1);
    pinned.destroy();
  },
  "growing memory"({ addon, context, stream }) {
    // Pages are large: to leave them to the garbage collector would use up the fake's memory before it runs.
    const memory = new addon.GrowableMemory(context, stream, 4 << 20);
    memory.grow(1);
    memory.destroy();
  },
  "memory of several devices"({ addon, context, stream, memory }) {
    const lent = stream.borrow(memory);
    const dealt = new addon.DealtMemory([context, context], [stream, stream], context.pageBytes(), 4, true);
    dealt.grow(3);
    dealt.own(1).destroy();
    for (const one of [dealt, lent]) one.destroy();
  },
  objects: ({ addon }) => [addon.describeDevice(0), addon.countDevices()],
};

async function work() {
  const module = { exports: {} };
  process.dlopen(module, addonPath);
  const addon = module.exports;
  addon.openDriver(fakePath);
  addon.setErrorFactory((_code, name, text) => Object.assign(new Error(text), { name }));
  const context = new addon.Context(0);
  const image = new TextEncoder().encode("kernel append params=8,4\n");
  const make = () => {
    const stream = new addon.Stream(context);
    const memory = new addon.Memory(context, 64);
    const kernel = new addon.Module(context, image).function("append");
    const launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [1] }, [0, 8], 12);
    new DataView(launch.params()).setBigUint64(0, memory.address, true);
    const event = new addon.Event(context, true);
    stream.record(event);
    const pinned = new addon.PinnedMemory(context, 64);
    return { addon, context, stream, memory, image, launch, event, pinned, list: new addon.LaunchList([launch]) };
  };
  parentPort.postMessage("ready");
  for (;;) {
    const objects = make();
    for (let round = 0; round < 20; round++) await WAYS[workerData.way](objects);
    await new Promise(setImmediate);
  }
}

/** Starts a worker, ends it some milliseconds into its work or while it starts, and waits until it has ended. */
async function endOne(way, round, file) {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { args: [addonPath, fakePath], way, file: file.fd },
  });
  worker.on("error", (error) => {
    console.error(way, error);
    process.exit(1);
  });
  if (round % 8 < 7) await new Promise((resolve) => worker.once("message", resolve).once("exit", resolve));
  await new Promise((resolve) => setTimeout(resolve, (round % 5) * Math.random() * 4));
  await worker.terminate();
}

async function run() {
  const { open } = await import("node:fs/promises");
  const file = await open(process.execPath);
  // The fake's controls are not needed, but it must stay loaded when the last worker has gone.
  process.dlopen({ exports: {} }, fakePath, constants.dlopen.RTLD_NOW);
  const counts = Object.fromEntries(Object.keys(WAYS).map((way) => [way, 0]));
  const until = Date.now() + 1000 * Number(seconds);
  for (let round = 0; Date.now() < until || round === 0; round++) {
    for (const way of Object.keys(WAYS)) {
      await Promise.all([endOne(way, round, file), endOne(way, round + 3, file)]);
      counts[way] += 2;
      if (Date.now() > until && round > 0) break;
    }
  }
  await file.close();
  console.log(JSON.stringify(counts));
}

await (isMainThread ? run() : work());
