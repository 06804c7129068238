import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Device } from "../runtime/device/device.js";

/** What a result must say of where it was measured. */
export function environment(device: Device) {
  return {
    date: new Date().toISOString(),
    commit: process.env.TILESCRIPT_COMMIT ?? commit(),
    device: device.name,
    processors: device.processors,
    driver: driver(),
    node: process.version,
  };
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}

function driver(): string | undefined {
  try {
    return /NVRM version:.*?(\d+\.\d+\.\d+)/.exec(readFileSync("/proc/driver/nvidia/version", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
};
