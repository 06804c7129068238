/** The driver's functions as driver.h lists them, so that a test that is about all of them cannot forget one. */
import { readFileSync } from "node:fs";

const header = readFileSync(new URL("../../../runtime/native/driver.h", import.meta.url), "utf8");

export const driverCalls: readonly string[] = [...header.matchAll(/^ {2}X\((cu\w+),/gm)].map(([, name]) => name!);

/** Made once in a process, when the driver is opened: unavailable.test.ts fails them. */
export const openingCalls = ["cuInit", "cuDriverGetVersion", "cuDeviceGetCount"];

/** Made when another call has failed. */
export const explainingCalls = ["cuGetErrorName", "cuGetErrorString"];

/** Those that let something go: they do so even while they report what an earlier launch did wrong. */
export const isRelease = (name: string): boolean => /Destroy|Free|Unload|Release|Unmap/.test(name);

/** How often each function is among calls as the fake driver writes them down. */
export function countCalls(calls: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const name = call.split(" ")[0]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
