import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Device } from "../runtime/device/device.js";
import { packageRoot } from "../runtime/package-root.js";

/** What a result must say of where it was measured. */
export interface Environment {
  readonly date: string;
  /** Of the sources, or the package's version where they are not in a repository. */
  readonly commit: string;
  readonly device: string;
  readonly processors: number;
  readonly driver: string | undefined;
  readonly node: string;
}

export const environment = (device: Pick<Device, "kind" | "name" | "processors">): Environment => ({
  date: new Date().toISOString(),
  commit: process.env.TILESCRIPT_COMMIT || commit(packageRoot() ?? "."),
  device: device.name,
  processors: device.processors,
  driver: device.kind === "cuda" ? driver() : undefined,
  node: process.version,
});

/** Of what runs on no device, but on this machine's processors. */
export const hostEnvironment = (): Environment =>
  environment({ kind: "cpu", name: cpus()[0]!.model, processors: cpus().length });

/** The package's own repository only: a program that uses the package has one of its own. */
function commit(root: string): string {
  if (existsSync(join(root, ".git")))
    try {
      const args = ["-C", root, "describe", "--always", "--dirty", "--exclude", "*"];
      return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // Without git the version must do.
    }
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return `v${version}`;
}

function driver(): string | undefined {
  try {
    return /NVRM version:.*?(\d+\.\d+\.\d+)/.exec(readFileSync("/proc/driver/nvidia/version", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** A device's name as a part of a file's. */
export const slug = (device: string): string => device.replaceAll(/\W+/g, "-").replace(/-$/, "").toLowerCase();

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
