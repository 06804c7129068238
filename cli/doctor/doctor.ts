import { colours } from "../report/colours.js";
import { caches } from "./caches.js";
import type { Examination, Finding } from "./finding.js";
import { gpu } from "./gpu.js";
import { compiler, disk, node } from "./machine.js";
import { python } from "./python.js";

/** What is looked at, in the order in which it is shown. */
const EXAMINATIONS: readonly Examination[] = [node, compiler, gpu, python, caches, disk];

const pc = colours(process.stdout);
const MARKS = { ok: pc.green("✓"), limited: pc.yellow("!"), missing: pc.red("✗") } as const;

function show(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, state, found, costs, remedy } of findings) {
    console.log(`${MARKS[state]} ${name.padEnd(width)}  ${found}`);
    if (costs) console.log(`  ${"".padEnd(width)}  ${pc.dim("costs:")} ${costs}`);
    if (remedy) console.log(`  ${"".padEnd(width)}  ${pc.dim("to get it:")} ${remedy}`);
  }
}

/** Shows what this machine has. Always fine: a machine without a GPU or Python is no error. */
export async function doctor({ json }: { readonly json?: boolean }): Promise<number> {
  const findings = (await Promise.all(EXAMINATIONS.map((examine) => examine()))).flat();
  if (json) console.log(JSON.stringify(findings, null, 2));
  else show(findings);
  return 0;
}
