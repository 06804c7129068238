/**
 * Random calls of the add-on over the fake driver: objects of every class, alive, destroyed or of another class, arguments of every kind,
 * driver calls that fail, captures, promises under way, and the collector in between. Most calls are right ones, so that states are reached.
 * Whatever is called must answer or throw an Error; at the end nothing of the driver may be left. Memory faults are for the sanitizers to
 * find: scripts/sanitize.mjs builds the add-on and the fake with them, and names the two by TILESCRIPT_NATIVE and TILESCRIPT_LIBCUDA.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export const name = "native-surface";

/** mulberry32 */
function numbersFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

const header = readFileSync(new URL("../../runtime/native/driver.h", import.meta.url), "utf8");
const DRIVER_CALLS = [...header.matchAll(/^ {2}X\((cu\w+),/gm)].map(([, call]) => call);

const IMAGE = new TextEncoder().encode("kernel append params=8,4\nkernel wide params=128,1,8\nkernel none\n");
const MEMBERS = [
  ["Context", "memory pageBytes reach synchronize synchronizeAsync destroy"],
  ["Memory", "address byteLength destroy"],
  ["GrowableMemory", "address byteLength capacity grow destroy"],
  ["DealtMemory", "blocks grow whole own destroy"],
  ["PinnedMemory", "buffer onDevices destroy"],
  [
    "Stream",
    "write read enqueueWrite enqueueRead copy fill fill32 borrow record wait synchronize synchronizeAsync done beginCapture endCapture destroy",
  ],
  ["Event", "synchronize synchronizeAsync done elapsedSince destroy"],
  ["Module", "function destroy"],
  ["Function", "name attributes parameters allowSharedBytes allowLargeClusters maxActiveBlocks destroy"],
  ["PreparedLaunch", "launch params setGrid setStream destroy"],
  ["LaunchList", "launch"],
  ["Graph", "nodes instantiate destroy"],
  ["GraphExec", "upload launch destroy"],
  ["Uploader", "upload destroy"],
  ["Transfer", "bytes abort"],
].map(([kind, members]) => ({ kind, members: members.split(" ") }));

const ODD = [
  ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32 + 1, 2 ** 53, 2 ** 64, "", "append\0x", "1"],
  ...[null, undefined, true, 1n, -1n, {}, [], () => 1, Symbol("s"), new Uint8Array(0), new Float64Array(4), new Date()],
];

class Fuzzer {
  constructor(addon, fake, seed, file) {
    this.addon = addon;
    this.fake = fake;
    this.random = numbersFrom(seed);
    this.file = file;
    /** Objects by class. */
    this.pool = new Map(MEMBERS.map(({ kind }) => [kind, []]));
    this.promises = new Set();
    /** A stream of each context: most others would be refused where memory is dealt. */
    this.streams = new WeakMap();
    this.buffers = [];
    this.calls = 0;
    this.answered = 0;
  }

  below = (limit) => Math.floor(this.random() * limit);
  chance = (probability) => this.random() < probability;
  pick = (list) => list[this.below(list.length)];

  /** An object of a class, now and then of another, or one that is none. */
  object(kind) {
    if (this.chance(0.02)) return this.odd();
    const from = this.chance(0.03) ? this.pick([...this.pool.values()]) : this.pool.get(kind);
    if (from.length > 0 && !this.chance(0.02)) return this.pick(from);
    return this.make(kind) ?? this.odd();
  }

  odd() {
    if (this.chance(0.2)) return this.treacherous();
    return this.pick(ODD);
  }

  /** Something whose conversion or property destroys an object that the call may be using. */
  treacherous() {
    const victim = this.pick([...this.pool.values()].flat());
    const end = () => {
      victim?.destroy?.();
      return this.below(4);
    };
    const get = () => {
      end();
      return end;
    };
    return new Proxy({ valueOf: end, toString: end, [Symbol.toPrimitive]: end }, { get });
  }

  number(likely) {
    if (this.chance(0.03)) return this.odd();
    return this.chance(0.9) ? this.below(likely) : this.below(2 ** 20);
  }

  bytes() {
    if (this.chance(0.03)) return this.odd();
    const size = this.below(300);
    const shape = this.below(5);
    const buffer =
      shape === 0
        ? new ArrayBuffer(size, { maxByteLength: 400 })
        : shape === 1
          ? new SharedArrayBuffer(size)
          : new ArrayBuffer(size);
    const view = new Uint8Array(buffer);
    if (shape < 3) this.buffers.push(buffer);
    return view;
  }

  extent = () => (this.chance(0.05) ? this.odd() : Array.from({ length: 1 + this.below(3) }, () => this.number(4)));

  /** The arguments of a constructor or member, most of them right. */
  arguments(kind, member) {
    const { object, number } = { object: (of) => this.object(of), number: (likely) => this.number(likely) };
    const memory = () => object(this.chance(0.3) ? "GrowableMemory" : "Memory");
    const known = {
      Context: () => [number(4)],
      Memory: () => [object("Context"), number(4000)],
      GrowableMemory: () => [object("Context"), object("Stream"), number(8 << 20)],
      DealtMemory: () => {
        const ranks = Array.from({ length: 1 + this.below(3) }, () => object("Context"));
        const streams = ranks.map((context) => this.streams.get(context)?.deref() ?? object("Stream"));
        return [ranks, streams, this.chance(0.95) ? 2 << 20 : number(4 << 20), number(20), this.chance(0.7)];
      },
      PinnedMemory: () => [object("Context"), number(4000)],
      Stream: () => [object("Context"), ...(this.chance(0.5) ? [number(3)] : [])],
      Event: () => [object("Context"), this.chance(0.5)],
      Module: () => [object("Context"), this.chance(0.95) ? IMAGE : this.bytes()],
      PreparedLaunch: () => {
        const config = { grid: this.extent(), block: this.extent(), sharedBytes: number(1000), pdl: this.chance(0.2) };
        if (this.chance(0.2)) config.cluster = this.extent();
        const offsets = this.chance(0.8) ? [0, 8] : Array.from({ length: this.below(5) }, () => number(200));
        return [object("Function"), object("Stream"), config, offsets, this.chance(0.8) ? 256 : number(300)];
      },
      LaunchList: () => [Array.from({ length: this.below(4) }, () => object("PreparedLaunch"))],
      Uploader: () => [object("Context"), 1 + number(3), 1 + number(3), 1 + number(500)],
      Transfer: () => [],
      "Context.reach": () => [object("Context")],
      "DealtMemory.grow": () => [number(12)],
      "DealtMemory.own": () => [number(3)],
      "Stream.borrow": () => [memory()],
      "GrowableMemory.grow": () => [number(8 << 20)],
      "Stream.write": () => [memory(), number(100), this.bytes()],
      "Stream.read": () => [memory(), number(100), this.bytes()],
      "Stream.enqueueWrite": () => [memory(), number(100), object("PinnedMemory"), number(100), number(200)],
      "Stream.enqueueRead": () => [memory(), number(100), object("PinnedMemory"), number(100), number(200)],
      "Stream.copy": () => [memory(), number(100), memory(), number(100), number(200)],
      "Stream.fill": () => [memory(), number(100), number(200), number(256)],
      "Stream.fill32": () => [memory(), number(100) * 4, number(50), number(2 ** 20)],
      "Stream.record": () => [object("Event")],
      "Stream.wait": () => [object("Event")],
      "Event.elapsedSince": () => [object("Event")],
      "Module.function": () => [
        this.chance(0.95) ? this.pick(["append", "append", "wide", "none", "other"]) : this.odd(),
      ],
      "Function.allowSharedBytes": () => [number(100_000)],
      "Function.maxActiveBlocks": () => [1 + number(100), number(1000)],
      "PreparedLaunch.setGrid": () => [number(4), number(4), number(4)],
      "PreparedLaunch.setStream": () => [object("Stream")],
      "GraphExec.upload": () => [object("Stream")],
      "GraphExec.launch": () => [object("Stream")],
      "Uploader.upload": () => [
        Array.from({ length: this.below(4) }, () => ({
          ...{ to: memory(), toOffset: number(100), file: this.chance(0.95) ? this.file : number(2000) },
          ...{ offset: number(5000), bytes: number(800) },
        })),
        object("Transfer"),
      ],
    }[member === undefined ? kind : `${kind}.${member}`];
    const given = known?.() ?? [];
    if (this.chance(0.02)) given.pop();
    if (this.chance(0.01)) given[this.below(given.length + 1)] = this.odd();
    return given;
  }

  /** A new object, kept in the pool; those that no constructor makes come from a member of another. */
  make(kind) {
    const origin = {
      Function: ["Module", "function"],
      GraphExec: ["Graph", "instantiate"],
      Graph: ["Stream", "endCapture"],
    };
    if (kind in origin) return this.call(...origin[kind]);
    return this.attempt(() => {
      const given = this.arguments(kind);
      const made = Reflect.construct(this.addon[kind], given);
      if (kind === "Stream") this.streams.set(given[0], new WeakRef(made));
      return made;
    });
  }

  call(kind, member) {
    const receiver = this.object(kind);
    const { get, value } = Object.getOwnPropertyDescriptor(this.addon[kind].prototype, member);
    return this.attempt(() => Reflect.apply(get ?? value, receiver, get ? [] : this.arguments(kind, member)));
  }

  attempt(use) {
    this.calls++;
    let answer;
    try {
      answer = use();
      this.answered++;
    } catch (error) {
      if (!(error instanceof Error)) throw new Error(`something that is no Error was thrown: ${String(error)}`);
      return undefined;
    }
    if (answer instanceof Promise) this.await(answer);
    else this.keep(answer);
    return answer;
  }

  await(promise) {
    const done = promise.then(
      (answer) => this.keep(answer),
      () => undefined,
    );
    this.promises.add(done);
    done.then(() => this.promises.delete(done));
  }

  keep(object) {
    if (object instanceof ArrayBuffer && object.byteLength > 0) {
      new Uint8Array(object)[this.below(object.byteLength)] ^= 1;
      this.buffers.push(object);
    }
    for (const [kind, list] of this.pool) {
      if (typeof this.addon[kind] !== "function" || !(object instanceof this.addon[kind]) || list.includes(object))
        continue;
      if (list.length >= 12) this.letGo(list.splice(this.below(list.length), 1)[0]);
      list.push(object);
    }
  }

  /** Destroys what leaves the pool, or leaves it to the collector. */
  letGo(object) {
    if (this.chance(0.7)) object.destroy?.();
  }

  /** All failures and settings gone but the number of devices. */
  reset() {
    this.fake.reset();
    this.fake.set("DEVICES", 3);
  }

  /** What happens between calls: memory goes, the driver fails, or waits. */
  meddle() {
    const buffer = this.buffers.length > 0 ? this.buffers.splice(this.below(this.buffers.length), 1)[0] : undefined;
    const ways = [
      () => buffer instanceof ArrayBuffer && structuredClone(buffer, { transfer: [buffer] }),
      () => buffer?.resizable && buffer.resize(this.below(400)),
      () => this.fake.fail(this.pick(DRIVER_CALLS), 1 + this.below(20), this.pick([1, 2, 700, 12345])),
      () => this.fake.set("LAZY", this.below(2)),
      () => this.reset(),
      () => this.fake.set("PARAMETERS", this.chance(0.9) ? 1 : 0),
      () => this.fake.set("VIRTUAL_MEMORY", this.below(2)),
      () => this.fake.set("PEERS", this.chance(0.8) ? 1 : 0),
      () => this.attempt(() => this.addon.describeDevice(this.number(4))),
      () => this.attempt(() => this.addon.describeLink(this.number(3), this.number(3))),
      () => {
        const map = { type: 9, address: 4096n, dims: [64], strides: [], box: [64], swizzle: 0, promotion: 2, fill: 0 };
        this.attempt(() => this.addon.encodeTensorMap({ ...map, [this.pick(Object.keys(map))]: this.odd() }));
      },
    ];
    try {
      this.pick(ways)();
    } catch (error) {
      // What is shared, lent or fixed cannot be transferred.
      if (!["DataCloneError", "TypeError"].includes(error.name)) throw error;
    }
  }

  step() {
    if (this.chance(0.03)) this.meddle();
    const { kind, members } = this.pick(MEMBERS);
    if (this.chance(0.15)) this.make(kind);
    else {
      // A member that destroys is tried as often as others, which would leave little to work with.
      const member = this.pick(members);
      if (member !== "destroy" || this.chance(0.3)) this.call(kind, member);
    }
  }

  /** Lets everything go, in any order. */
  async end() {
    const all = [...this.pool.values()].flat().sort(() => this.random() - 0.5);
    for (const object of all) this.letGo(object);
    for (const list of this.pool.values()) list.length = 0;
    this.buffers.length = 0;
    await Promise.all(this.promises);
  }
}

const turn = () => new Promise(setImmediate);

/** The add-on and the fake that the environment names, else ordinary builds. */
async function paths() {
  const { TILESCRIPT_NATIVE, TILESCRIPT_LIBCUDA } = process.env;
  if (TILESCRIPT_NATIVE && TILESCRIPT_LIBCUDA) return { TILESCRIPT_NATIVE, TILESCRIPT_LIBCUDA };
  const { buildFake } = await import("../runtime/native/fake-driver.js");
  const { buildNative } = await import("../../scripts/build-native.mjs");
  return { TILESCRIPT_LIBCUDA: buildFake(), TILESCRIPT_NATIVE: buildNative().path };
}

async function open() {
  const { TILESCRIPT_NATIVE, TILESCRIPT_LIBCUDA } = await paths();
  const load = (path) => {
    const module = { exports: {} };
    process.dlopen(module, path);
    return module.exports;
  };
  const addon = load(TILESCRIPT_NATIVE);
  const fake = load(TILESCRIPT_LIBCUDA);
  const { reason, detail } = addon.openDriver(TILESCRIPT_LIBCUDA);
  if (reason) throw new Error(detail);
  addon.setErrorFactory((_code, name, text) => Object.assign(new Error(text), { name }));
  return { addon, fake };
}

/** Rounds of some thousand calls, each with a seed of its own, which an error names. */
export async function run({ seed, deadline }) {
  const { addon, fake } = await open();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const file = openSync(process.execPath, "r");
  let inputs = 0;
  let answered = 0;
  try {
    for (let round = seed; Date.now() < deadline || inputs === 0; round++) {
      const fuzzer = new Fuzzer(addon, fake, round, file);
      fuzzer.reset();
      try {
        for (let step = 0; step < 2000; step++) {
          fuzzer.step();
          if (step % 100 === 0) await turn();
        }
        await fuzzer.end();
        fake.reset();
        for (let tries = 0; fake.live().length > 0; tries++) {
          if (tries === 50) throw new Error(`left behind: ${fake.live().join(", ")}`);
          collect();
          await turn();
          await turn();
        }
      } catch (error) {
        throw new Error(`${name}, seed ${round}: ${error.message}`, { cause: error });
      }
      inputs += fuzzer.calls;
      answered += fuzzer.answered;
    }
  } finally {
    closeSync(file);
  }
  return { inputs, answered };
}
