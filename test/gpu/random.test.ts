import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readBundle } from "../../runtime/bundle/files.js";
import { CORPUS } from "../random/corpus.js";
import { memoryOf } from "../random/memory.js";
import { difference, given, run } from "../random/run.js";
import { bundle, openBoth } from "./devices.js";

let both: Awaited<ReturnType<typeof openBoth>>;
before(async () => {
  both = await openBoth(bundle("random"));
});
after(() => both.close());

/** `node scripts/random-kernels.mjs --print N` shows one of them. */
test("random kernels do on the GPU what they do on the CPU executor", async () => {
  const memory = memoryOf(CORPUS.seed);
  const { manifest } = await readBundle(bundle("random"));
  const found: string[] = [];
  for (const { name, variants } of manifest.kernels) {
    const pointers = variants[0]!.params.flatMap((param) => (param.kind === "pointer" ? [param.name] : []));
    const [ours, theirs] = [given(memory, pointers), given(memory, pointers)];
    await run(both.cpu, both.onCpu, name, ours);
    await run(both.gpu, both.onGpu, name, theirs);
    const one = difference(ours, theirs, "on the GPU");
    if (one) found.push(`${name}: ${one}`);
  }
  assert.deepEqual(found, []);
  assert.ok(manifest.kernels.length > 100);
});
