import { InvalidArgumentError } from "commander";

/** What cubins can be made for. */
const SUPPORTED = [80, 86, 89, 90, 100, 120] as const;

const names = SUPPORTED.map((arch) => `sm_${arch}`).join(", ");

/** Architectures as people write them: `sm_90`, `90`, `sm_90,sm_80`; `none` for a bundle that only the CPU executor runs. */
export function architectures(text: string): number[] {
  if (text === "none") return [];
  return listed(text, `${names}, or none`);
}

function listed(text: string, allowed: string): number[] {
  const found = text.split(",").map((part) => Number(/^(?:sm_?)?(\d+)a?$/i.exec(part.trim())?.[1]));
  for (const [index, arch] of found.entries())
    if (!SUPPORTED.some((one) => one === arch))
      throw new InvalidArgumentError(`${text.split(",")[index]} is not among ${allowed}.`);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** Exactly one architecture. */
export function architecture(text: string): number {
  const found = listed(text, names);
  if (found.length !== 1) throw new InvalidArgumentError(`Expected one of ${names}.`);
  return found[0] as number;
}
