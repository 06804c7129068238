import { expect, it } from "vitest";
import { rateBuilds } from "../../bench/rates.js";
import { pointText, retrievalBuilds } from "../../bench/reattention.js";
import { memoryRate, productRate } from "../../bench/units.js";
import { gpuOf } from "../../runtime/models/usual-builds.js";

it("rates have three digits, in the unit that suits them", () => {
  expect([4.123, 0.1, 0.0183, 0.0000012].map(memoryRate)).toEqual([
    "4.12 TB/s",
    "0.100 TB/s",
    "18.3 GB/s",
    "0.00120 GB/s",
  ]);
  expect([512.4, 45.67, 0.00034].map(productRate)).toEqual(["512 TFLOP/s", "45.7 TFLOP/s", "0.340 GFLOP/s"]);
});

it("rows of retrieval are told apart by how many keys are picked, and show small rates", () => {
  const point = { what: "decode retrieval", heads: 9, kvHeads: 3, headSize: 64, queries: 1, keys: 1024, ms: 0.5 };
  const [four, more] = [4, 32].map((topK) => pointText({ ...point, topK, terabytesPerSecond: 0.0009 }, 0.018));
  expect(four).toMatch(/^decode retrieval {17}k 4 {2}Q 1 /);
  expect(more).toMatch(/^decode retrieval {17}k 32 Q 1 /);
  expect(four).toContain("0.900 GB/s, 5 % of copy");
  expect(pointText({ ...point, teraflops: 0.0021 }, 1)).toContain("2.10 GFLOP/s");
});

it("what a GPU has to have compiled is what the benches launch", async () => {
  const builds = await retrievalBuilds(gpuOf(90), [4096, 16384]);
  const kernels = [...new Set(builds.map(({ kernel }) => kernel))].sort();
  expect(kernels).toEqual(
    [
      "Choose",
      "Decide",
      "DecideQuantized",
      "Decode",
      "Gather",
      "Narrow",
      "Pick",
      "PickParts",
      "PickStreamed",
      "Prefill",
      "Quantize",
    ]
      .concat("Rotate", "Scan", "ScanQuantized", "Stream", "StreamParts")
      .map((name) => `reattention${name}`),
  );
  expect(new Set(builds.map(({ constants }) => constants.D).filter(Boolean))).toEqual(new Set([64, 128]));
  expect(rateBuilds(gpuOf(90)).map(({ kernel }) => kernel)).toEqual(["readMemory", "matmul"]);
});
