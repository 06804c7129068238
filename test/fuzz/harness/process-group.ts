/** What a process and those that it started use, as Linux tells it. */

import { readdirSync, readFileSync } from "node:fs";

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** Ticks a second and bytes a page, as every Linux on x86-64 has them. */
const ticks = 100;
const pageBytes = 4096;

export function groupUsage(group: number): Usage {
  let cpuSeconds = 0;
  let residentBytes = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d/.test(name)) continue;
    const fields = statFields(name);
    if (Number(fields[2]) !== group) continue;
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticks;
    residentBytes += Number(fields[21]) * pageBytes;
  }
  return { cpuSeconds, residentBytes };
}

/** The fields of /proc/PID/stat behind the program's name, which may hold anything; none where the process has ended. */
function statFields(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

export function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
