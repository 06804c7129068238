import { fileURLToPath } from "node:url";
import { execa } from "execa";

/** Why another program was not measured beside ours. */
export interface Absent {
  readonly name: string;
  readonly absent: string;
}

/**
 * What another program measures: the JSON that a script of bench/peers prints last. It runs in the Python that TILESCRIPT_PEER_PYTHON names (default:
 * python3), which has the program installed; where it has not, the reason comes back.
 */
export async function measurePeer<T>(
  name: string,
  script: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<T | Absent> {
  const python = process.env.TILESCRIPT_PEER_PYTHON || "python3";
  const done = await execa(python, [fileURLToPath(new URL(`./peers/${script}`, import.meta.url)), ...args], {
    reject: false,
    timeout: 600_000,
    cancelSignal: signal,
  });
  signal?.throwIfAborted();
  const last = done.stdout?.trim().split("\n").at(-1) ?? "";
  if (!done.failed) return JSON.parse(last) as T;
  const reason = done.stderr?.trim().split("\n").at(-1);
  return { name, absent: reason || (done.shortMessage ?? "it failed") };
}

export const notAskedFor = (name: string): Absent => ({ name, absent: "not asked for" });
