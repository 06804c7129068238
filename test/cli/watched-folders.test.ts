import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { WatchedFolders } from "../../cli/kernels/watched-folders.js";
import { folderWith } from "./run-cli.js";

/** A file in a folder of its own, which is there; `seen` is a moment at which somebody has looked at them and not yet watched. */
async function lookedAt() {
  const folder = join(folderWith({}), "kernels");
  const file = join(folder, "k.kernel.ts");
  mkdirSync(folder);
  writeFileSync(file, "1");
  await sleep(50);
  return { folder, file, seen: Date.now() };
}

it("tells of a folder that went after it was looked at and before it was watched", async () => {
  const { folder, file, seen } = await lookedAt();
  rmSync(folder, { recursive: true });
  using watched = new WatchedFolders();
  watched.follow([file], seen);
  expect(await watched.change(AbortSignal.timeout(5000))).toBe(true);
  await sleep(50);
  // Nothing more has changed: who looks again is not sent round in circles.
  watched.follow([file], Date.now());
  expect(await watched.change(AbortSignal.timeout(300))).toBe(false);
  mkdirSync(folder);
  writeFileSync(file, "2");
  expect(await watched.change(AbortSignal.timeout(5000))).toBe(true);
});

it("tells of a file that was replaced in that time, and of none that was not", async () => {
  const { file, seen } = await lookedAt();
  using watched = new WatchedFolders();
  watched.follow([file], seen);
  expect(await watched.change(AbortSignal.timeout(300))).toBe(false);
  watched.follow([], seen);
  writeFileSync(file, "2");
  watched.follow([file], seen);
  expect(await watched.change(AbortSignal.timeout(5000))).toBe(true);
});
