/** The process that a target runs in: `child.ts MODULE NOTES`, and what to do as a message. */

import { noteInput, noteInputsIn } from "./noted-input.js";
import { Fault, type FuzzTarget } from "./target.js";
import type { Report, Task } from "./watch.js";

const [module, notes] = process.argv.slice(2) as [string, string];
noteInputsIn(notes);

/** Waits until the watcher has it. */
const report = (one: Report): Promise<void> =>
  new Promise((resolve) => process.send!(one, undefined, {}, () => resolve()));

async function run(target: FuzzTarget, seed: number, seconds: number): Promise<void> {
  try {
    const { inputs } = await target.run({ seed, deadline: Date.now() + seconds * 1000 });
    await report({ kind: "done", inputs, peakBytes: peakBytes() });
  } catch (error) {
    const { message } = error as Error;
    const details = error instanceof Fault ? error : { what: message, tried: 1, input: undefined };
    const { what, tried, input } = details;
    await report({ kind: "fault", what, input, message, inputs: tried, peakBytes: peakBytes() });
  }
}

async function replay(target: FuzzTarget, inputs: readonly unknown[]): Promise<void> {
  if (!target.replay) throw new Error(`${module} cannot replay an input`);
  for (const [index, input] of inputs.entries()) {
    noteInput(index + 1, input);
    const error = await target.replay(input).then(
      () => null,
      (thrown: Error) => ({ name: thrown.name, message: thrown.message, stack: thrown.stack }),
    );
    await report({ kind: "replayed", index, error });
  }
  await report({ kind: "done", inputs: inputs.length, peakBytes: peakBytes() });
}

const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

process.once("message", async (task: Task) => {
  const target = (await import(module)) as FuzzTarget;
  await report({ kind: "started" });
  await (task.kind === "run" ? run(target, task.seed, task.seconds) : replay(target, task.inputs));
  process.exit();
});
