// Whether memory stays as it is over many generations, loads and requests: a tiny model on the CPU executor, and what the process has after a fifth of
// the work, after half of it and at its end.
//
//   node --expose-gc scripts/steady.mjs [--generations 2000] [--loads 200] [--requests 10000] [--out FILE.json]
import "../test/fuzz/harness/typescript.mjs";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    generations: { type: "string", default: "2000" },
    loads: { type: "string", default: "200" },
    requests: { type: "string", default: "10000" },
    out: { type: "string" },
  },
});
const { loadTiny, promptOf, tinyPath } = await import("../test/runtime/generate/tiny-model.ts");
const { serve } = await import("../serve/index.ts");
const { hostEnvironment } = await import("../bench/environment.ts");
const { writeResults } = await import("../bench/results-file.ts");
if (!globalThis.gc) throw new Error("run it as node --expose-gc scripts/steady.mjs");

async function megabytes() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage.rss() / 1e6;
}

const AT_ONCE = 8;
const leaves = (turn) => turn % 10 === 9;

/** Does `work` so often, several at once, and says what the process has on the way. */
async function steady(kind, count, work, atOnce = AT_ONCE) {
  let next = 0;
  const upTo = async (end) => {
    const worker = async () => {
      while (next < end) await work(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return megabytes();
  };
  const from = performance.now();
  const [fifth, half, end] = [await upTo(Math.ceil(count / 5)), await upTo(Math.ceil(count / 2)), await upTo(count)];
  const seconds = (performance.now() - from) / 1000;
  const [first, middle, last] = [fifth, half, end].map((size) => size.toFixed(0));
  console.log(
    `${count} ${kind}: ${first} MB after a fifth, ${middle} MB after half, ${last} MB at the end; ${seconds.toFixed(0)} s`,
  );
  return { kind, count, megabytes: [fifth, half, end], seconds };
}

const path = tinyPath();
const model = await loadTiny({ path, sequences: 4 });
const rows = [];

rows.push(
  await steady("generations", Number(values.generations), async (turn) => {
    const leaving = new AbortController();
    const options = { maxTokens: 16, temperature: 1, seed: turn, signal: leaving.signal };
    let pieces = 0;
    try {
      for await (const _ of model.generateFrom(promptOf(8 + (turn % 100), turn), options))
        if (++pieces === 3 && leaves(turn)) leaving.abort();
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    }
  }),
);

const server = await serve(model, { port: 0, log: () => {}, name: "tiny" });
rows.push(
  await steady("requests", Number(values.requests), async (turn) => {
    const leaving = new AbortController();
    const body = {
      model: "tiny",
      messages: [{ role: "user", content: "abcd" }],
      max_tokens: 4,
      stream: turn % 2 === 1,
    };
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    try {
      const response = await fetch(`${server.url}/v1/chat/completions`, { ...init, signal: leaving.signal });
      if (response.status !== 200) throw new Error(await response.text());
      if (leaves(turn)) leaving.abort();
      await response.text();
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    }
  }),
);
await server.close();
model.close();

rows.push(
  await steady(
    "loads",
    Number(values.loads),
    async () => {
      const again = await loadTiny({ path });
      await again.generateFrom(promptOf(8), { maxTokens: 2 }).result;
      again.close();
    },
    1,
  ),
);

if (values.out) writeResults(values.out, { ...hostEnvironment(), rows });
process.exit();
