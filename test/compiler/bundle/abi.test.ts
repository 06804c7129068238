import { expect, test } from "vitest";
import { abiOf } from "../../../compiler/bundle/abi.js";
import { constant, descriptor, pointer, scalar } from "../build/kernels.js";

const layout = (...given: Parameters<typeof abiOf>): string[] =>
  abiOf(...given).map(({ from, part, index, offset, size }) =>
    `${offset}+${size} ${from} ${part}${index === undefined ? "" : index}`.trim(),
  );

test("arguments come in order at their own alignment, constants do not come, and two scratch pointers end them", () => {
  const params = [
    scalar("flag", "bool"),
    scalar("half", "bf16"),
    pointer("x"),
    constant("BLOCK"),
    scalar("n", "i32"),
    scalar("big", "i64"),
  ];
  expect(layout(params, true)).toEqual([
    "0+1 flag value",
    "2+2 half value",
    "8+8 x value",
    "16+4 n value",
    "24+8 big value",
    "32+8  globalScratch",
    "40+8  profileScratch",
  ]);
});

test("from sm_90 on a descriptor is a tensor map aligned to 64 bytes, then its shape and strides", () => {
  expect(layout([pointer("x"), descriptor("d", [64, 32])], true)).toEqual([
    "0+8 x value",
    "64+128 d tensorMap",
    "192+4 d shape0",
    "196+4 d shape1",
    "200+8 d stride0",
    "208+8 d stride1",
    "216+8  globalScratch",
    "224+8  profileScratch",
  ]);
});

test("below sm_90 a descriptor is pointer, 64-bit shape and strides, two flags, then shape and strides", () => {
  expect(layout([descriptor("d", [64])], false)).toEqual([
    "0+8 d value",
    "8+8 d shape0",
    "16+8 d stride0",
    "24+1 d flag0",
    "25+1 d flag1",
    "28+4 d shape0",
    "32+8 d stride0",
    "40+8  globalScratch",
    "48+8  profileScratch",
  ]);
});
