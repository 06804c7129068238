import { expect, it } from "vitest";
import { chunksOf } from "../../../runtime/models/chunks.js";
import { readAttention } from "../../../runtime/reattention/index.js";

const windowed = (text: string, together = 2) => {
  const options = readAttention(text, 8192);
  if (options.kind === "dense") throw new Error("dense attention has no window");
  return { options, together };
};
const shown = (past: number, count: number, text: string, together?: number) =>
  chunksOf(past, count, 64, windowed(text, together)).map(
    ({ past, count, selects }) => `${past}+${count}${selects ? "s" : ""}`,
  );

const MODE = "reattention:global=4,local=28,topK=2,span=8,clip=3,chunk=16";

it("the last tokens of a prompt are a chunk of their own where a mode says so", () => {
  expect(shown(0, 100, MODE)).toEqual(["0+32", "32+32s", "64+32s", "96+4s"]);
  expect(shown(0, 100, `${MODE},tail=10`)).toEqual(["0+32", "32+32s", "64+26s", "90+10s"]);
  expect(shown(0, 96, `${MODE},tail=16`)).toEqual(["0+32", "32+32s", "64+16s", "80+16s"]);
  // What sees everything is not cut, and a prompt that goes on has its tail too.
  expect(shown(0, 32, `${MODE},tail=10`)).toEqual(["0+32"]);
  expect(shown(0, 36, `${MODE},tail=10`)).toEqual(["0+32", "32+4s"]);
  expect(shown(48, 20, `${MODE},tail=10`)).toEqual(["48+10s", "58+10s"]);
  expect(shown(48, 6, `${MODE},tail=10`)).toEqual(["48+6s"]);
});

it("the last chunk is the last one", () => {
  const chunks = chunksOf(0, 100, 64, windowed(`${MODE},tail=10`));
  expect(chunks.map(({ last }) => last)).toEqual([false, false, false, true]);
});
