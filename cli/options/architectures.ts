import { InvalidArgumentError } from "commander";

/** What cubins can be made for. */
const SUPPORTED = [80, 86, 89, 90, 100, 120] as const;

const names = SUPPORTED.map((arch) => `sm_${arch}`).join(", ");

/**
 * Architectures as people write them: `sm_90`, `90`, `sm_90,sm_80`; `none` for a bundle that only the CPU executor runs. Given again, the
 * option adds to what it said before.
 */
export function architectures(text: string, previous?: unknown): number[] {
  const before = previous as readonly number[] | undefined;
  const found = text === "none" ? [] : listed(text, `${names}, or none`);
  if (before && (before.length === 0) !== (found.length === 0))
    throw new InvalidArgumentError("none and architectures were both given.");
  return [...new Set([...(before ?? []), ...found])].sort((a, b) => a - b);
}

function listed(text: string, allowed: string): number[] {
  const found = text.split(",").map((part) => Number(/^(?:sm_?)?(\d+)a?$/i.exec(part.trim())?.[1]));
  for (const [index, arch] of found.entries())
    if (!SUPPORTED.some((one) => one === arch))
      throw new InvalidArgumentError(`${text.split(",")[index]} is not among ${allowed}.`);
  return [...new Set(found)];
}

/** Exactly one architecture. */
export function architecture(text: string): number {
  const found = listed(text, names);
  if (found.length !== 1) throw new InvalidArgumentError(`Expected one of ${names}.`);
  return found[0] as number;
}
