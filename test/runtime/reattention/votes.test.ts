/** From picks to a window on the CPU executor, for as many picks as need several rounds. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { Allocations } from "../../../runtime/device/allocations.js";
import { upload } from "../../../runtime/device/arrays.js";
import type { CpuDevice } from "../../../runtime/device/cpu/index.js";
import type { KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { Votes } from "../../../runtime/reattention/votes.js";
import { ints, openKernels, readInts } from "./on-cpu.js";
import { keep, normals, spread } from "./reference.js";

let device: CpuDevice;
let runner: KernelRunner;
beforeAll(async () => {
  ({ device, runner } = await openKernels("vote"));
}, 60_000);
afterAll(() => device.close());

interface Election {
  readonly picks: readonly number[];
  readonly middle: number;
  readonly clip: number;
  readonly span: number;
}

async function expectWindow({ picks, middle, clip, span }: Election) {
  const [global, local] = [5, 40];
  const counts = new Int32Array(middle);
  for (const position of picks) if (position >= 0) counts[position]!++;
  using memory = new Allocations(device);
  const votes = new Votes({ ...runner, memory }, { clip, span, picks: picks.length });
  const buffer = await upload(device, counts);
  const position = await ints(device, global + middle + local - 1);
  const cast = { picks: await upload(device, Int32Array.from(picks)), counts: buffer, countRow: middle };
  votes.choose(cast, picks.length, { position, added: 1, global, local });
  const kept = keep(picks, clip);
  const selected = spread(kept, span, middle);
  const [count, , , , last, , , , keptCount] = await readInts(votes.window, 9);
  expect(await readInts(votes.kept, keptCount!)).toEqual(kept);
  expect(await readInts(votes.selected, count!)).toEqual(selected.map((p) => global + p));
  expect(last).toBe(global + selected.length + local - 1);
  expect((await readInts(buffer, middle)).every((one) => one === 0)).toBe(true);
}

/** Picks that cluster, as those of real queries do. */
function clustered(count: number, middle: number, spreadOut: number): number[] {
  const source = normals(count);
  const centre = (at: number): number => ((at % 7) + 1) * (middle / 9);
  return Array.from({ length: count }, (_, at) =>
    Math.min(middle - 1, Math.max(-1, Math.round(centre(at) + source.next().value * spreadOut))),
  );
}

const range = (count: number, of: (at: number) => number): number[] => Array.from({ length: count }, (_, at) => of(at));

it.each<[string, Election]>([
  ["no picks at all", { picks: [-1, -1, -1, -1], middle: 50, clip: 6, span: 8 }],
  ["one pick", { picks: [49], middle: 50, clip: 6, span: 8 }],
  ["all for one", { picks: range(200, () => 17), middle: 50, clip: 6, span: 8 }],
  ["as many as clip", { picks: range(6, (at) => at * 3), middle: 50, clip: 6, span: 8 }],
  ["equal votes: the lower positions stay", { picks: range(40, (at) => 49 - at), middle: 50, clip: 6, span: 4 }],
  ["spans that fill the middle", { picks: range(50, (at) => at), middle: 50, clip: 50, span: 8 }],
  ["spans longer than the middle", { picks: [3], middle: 5, clip: 2, span: 32 }],
  ["1,000 picks in two rounds", { picks: clustered(1000, 4000, 30), middle: 4000, clip: 20, span: 8 }],
  ["20,000 picks in four", { picks: clustered(20000, 100000, 200), middle: 100000, clip: 60, span: 32 }],
  ["20,000 picks, all different", { picks: range(20000, (at) => 19999 - at), middle: 20000, clip: 33, span: 2 }],
  ["clip beyond the small tile", { picks: clustered(5000, 100000, 5000), middle: 100000, clip: 1500, span: 4 }],
  ["a middle of 8 million", { picks: clustered(600, 8388608, 100000), middle: 8388608, clip: 60, span: 32 }],
])("%s", (_, election) => expectWindow(election));
