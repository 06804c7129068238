/** A worker of the CPU executor: takes chunks of the running command until there is none, and sleeps. See control.ts. */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { realFunction } from "../../../compiler/ops/real.mjs";
import { Checking } from "./checked/checking.mjs";
import { bufferUpTo } from "./grown-memory.mjs";

const { memory, base, port, index, layout, checks } = workerData;
const { CONTROL, SLOT, COMMAND, FAULT } = layout;
const words = new Int32Array(memory.buffer, base, CONTROL.ring + CONTROL.slots * CONTROL.slotWords);
const kernels = [];
const mirrors = [];

/** Looks before it sleeps: about a tenth of a millisecond, which is more than most commands of a decode step take. */
const SPINS = 20_000;

/** Thrown by a kernel's imports; WebAssembly frames unwind. */
class Fault extends Error {
  constructor(kind, site, base, element, more) {
    super("");
    Object.assign(this, { kind, site, base, element, more });
  }
}

/** What a checked device looks for; null on any other. */
const checking =
  checks &&
  new Checking(checks, (kind, site, base, element, more) => new Fault(FAULT[kind], site, base, element, more));

const environment = {
  memory,
  out_of_bounds(site, base, element) {
    throw new Fault(FAULT.outOfBounds, site, base, element);
  },
  misaligned(site, base, element) {
    throw new Fault(FAULT.misaligned, site, base, element);
  },
  assertion_failed(site, element) {
    throw new Fault(FAULT.assertion, site, 0, element);
  },
  touch: checking?.touch.bind(checking),
  tensor_map: checking?.tensorMap.bind(checking),
  reach,
  smid: () => index,
  clock: () => process.hrtime.bigint(),
  print_f64: print,
  print_i64: print,
};

/** Where the arguments of the launch at hand are. */
let arguments_ = 0;

/** The bytes from an address to the end of the buffer that it lies in, of those that were alive at the launch; 0 where there is none. */
function reach(address) {
  const at = Number(address);
  const [place] = new Uint32Array(memory.buffer, arguments_ + 4 * layout.TABLE_WORD, 1);
  const [count] = new Uint32Array(bufferUpTo(memory, place + 4), place, 1);
  const table = new Uint32Array(bufferUpTo(memory, place + 4 + 8 * count), place + 4, 2 * count);
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (table[2 * middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : Math.max(0, table[2 * low - 1] - at);
}

/** What the chunk at hand has printed: place, number of the value, element, value, and the program. */
let printed = [];

function print(site, number, element, value) {
  printed.push([site, number, element, value, [running.x.value, running.y.value, running.z.value]]);
}

/** A kernel's imports: the environment, and JavaScript's functions of doubles. */
function importsOf(module) {
  const named = WebAssembly.Module.imports(module).filter(
    ({ name }) => name.endsWith("_f64") && !(name in environment),
  );
  const functions = named.map(({ name }) => [name, realFunction(name.slice(0, -"_f64".length))]);
  return { env: { ...environment, ...Object.fromEntries(functions) } };
}

function receive() {
  for (let message = receiveMessageOnPort(port); message; message = receiveMessageOnPort(port)) {
    const { kind, id, module, buffer } = message.message;
    if (kind === "kernel") kernels[id] = new WebAssembly.Instance(module, importsOf(module)).exports;
    else if (kind === "mirror") mirrors[id] = buffer && new Uint8Array(buffer);
  }
}

const bytes = (address, length) => new Uint8Array(bufferUpTo(memory, address + length), address, length);

/** What each command does for one chunk of its work: `length` units from `first` on. */
const RUN = {
  [COMMAND.launch](slot, first, length) {
    const id = words[slot + SLOT.id];
    if (!kernels[id]) receive();
    running = kernels[id];
    const [block, frame] = [words[slot + SLOT.block], Atomics.load(words, CONTROL.frames + index)];
    arguments_ = block >>> 0;
    if (!checking) running.run(block, first, length, frame);
    else
      checking.launch(first, length, words[slot + SLOT.value] === 1, (program) =>
        running.run(block, program, 1, frame),
      );
  },
  [COMMAND.copy](slot, first, length) {
    const from = (words[slot + SLOT.block] >>> 0) + first;
    const to = (words[slot + SLOT.to] >>> 0) + first;
    bytes(to, length).set(bytes(from, length));
    checking?.copied(to, from, length);
  },
  [COMMAND.fill](slot, first, length) {
    const start = (words[slot + SLOT.block] >>> 0) + first;
    bytes(start, length).fill(words[slot + SLOT.value]);
    checking?.filled(start, length);
  },
  [COMMAND.mirror](slot, first, length) {
    const id = words[slot + SLOT.id];
    if (!mirrors[id]) receive();
    mirrors[id].set(bytes((words[slot + SLOT.block] >>> 0) + first, length), first);
  },
  [COMMAND.stamp](slot) {
    const place = words[slot + SLOT.block] >>> 0;
    new BigInt64Array(bufferUpTo(memory, place + 8), place, 1)[0] = process.hrtime.bigint();
  },
};

let running = null;

function report(error, slot, command) {
  if (Atomics.compareExchange(words, CONTROL.error, 0, 1) !== 0) return;
  const fault = error instanceof Fault ? error : { kind: FAULT.other, site: 0, base: 0, element: 0 };
  const program = running ? [running.x.value, running.y.value, running.z.value] : [0, 0, 0];
  const said = error instanceof Fault ? JSON.stringify(error.more ?? {}) : String(error);
  const text = new TextEncoder().encode(said).slice(0, CONTROL.faultTextBytes);
  bytes(base + CONTROL.faultText * 4, text.length).set(text);
  const launch = [fault.kind, words[slot + SLOT.id], fault.site, fault.base, fault.element];
  const fields = [...launch, ...program, words[slot + SLOT.block], text.length, command];
  fields.forEach((value, at) => {
    words[CONTROL.fault + at] = value;
  });
  Atomics.store(words, CONTROL.error, 2);
}

/** Hands on what a chunk has printed, with its place in the order of all: the number of its command among all, and its first program. */
function handOn(slot, command, first) {
  if (printed.length === 0) return;
  port.postMessage({ command, first, kernel: words[slot + SLOT.id], printed });
  printed = [];
  Atomics.add(words, CONTROL.printed, 1);
}

function work(slot, kind, command, first, length) {
  // After an error the rest of the queue is not run: its input may be what the failed kernel should have written.
  if (kind === COMMAND.signal) {
    Atomics.add(words, CONTROL.signals, 1);
    return;
  }
  if (Atomics.load(words, CONTROL.error) !== 0) return;
  try {
    RUN[kind](slot, first, length);
  } catch (error) {
    report(error, slot, command);
  } finally {
    handOn(slot, command, first);
  }
}

/** Waits until a word is no longer what it was. */
function sleep(word, value) {
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, word) !== value) return;
  Atomics.wait(words, word, value);
}

Atomics.store(words, CONTROL.started + index, 1);
while (Atomics.load(words, CONTROL.stop) === 0) {
  const state = Atomics.load(words, CONTROL.state);
  const tail = Atomics.load(words, CONTROL.tail);
  const number = state >>> CONTROL.chunkBits;
  if (number === (tail & CONTROL.numberMask)) {
    sleep(CONTROL.tail, tail);
    continue;
  }
  const slot = CONTROL.ring + (number % CONTROL.slots) * CONTROL.slotWords;
  const claimed = state & ((1 << CONTROL.chunkBits) - 1);
  const chunks = words[slot + SLOT.chunks];
  if (claimed >= chunks) {
    sleep(CONTROL.state, state);
    continue;
  }
  const kind = words[slot + SLOT.kind];
  const chunk = words[slot + SLOT.chunk] >>> 0;
  const total = words[slot + SLOT.total] >>> 0;
  if (Atomics.compareExchange(words, CONTROL.state, state, state + 1) !== state) continue;
  const first = claimed * chunk;
  const command = tail - ((tail - number) & CONTROL.numberMask);
  work(slot, kind, command, first, Math.min(chunk, total - first));
  if (Atomics.add(words, CONTROL.completed, 1) + 1 === chunks) {
    Atomics.store(words, CONTROL.completed, 0);
    Atomics.store(words, CONTROL.state, ((number + 1) & CONTROL.numberMask) << CONTROL.chunkBits);
    Atomics.notify(words, CONTROL.state);
    if (kind === COMMAND.signal) Atomics.notify(words, CONTROL.signals);
  }
}
