import {
  arange,
  type Const,
  col,
  dot,
  exp,
  type F32,
  floorDiv,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  max,
  maxWithIndex,
  minimum,
  mod,
  type Ptr,
  programId,
  range,
  reshape,
  row,
  rsqrt,
  store,
  sum,
  type Tile,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import type { Buffers } from "../formats/numbers.js";
import type { BlocksOfRows, Normed } from "../linear/decode-token.js";
import { inverseRms, normed } from "../linear/norm.js";
import { rowSums } from "../linear/row-sums.js";
import { dequantize, lanes } from "../linear/weights.js";

/*
 * Which experts a token goes through (arXiv 2101.03961, section 2.1): the router's logits of the normed residual, in f32 throughout, since a
 * rounded logit may choose another expert; then the largest of them and their weights.
 */

/** Logits [experts] of one token from its residual x [K]: RMS norm, then the router's rows. Program (block of R experts). */
export const routeToken = kernel(
  (
    p: Normed &
      Buffers & { logits: Ptr<"f32">; epsilon: F32; width: Int; rowCount: Int } & BlocksOfRows & { KP: Const<"KP"> },
  ) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    let [low, high] = dequantize(p, rows, blocks, lane, p.rowCount);
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(p.x, p.blockCount * 32, p.width, p.KP, p.epsilon);
    let sums = zeros([p.R, p.B, 16], "f32");
    for (const start of range(0, p.blockCount, p.B)) {
      const inside = start + col(blocks) < p.blockCount;
      const at = start * 32 + columns;
      sums += low * normed(p.x, p.norm, at, inside, inverse) + high * normed(p.x, p.norm, at + 16, inside, inverse);
      const next = start + p.B + blocks;
      [low, high] = dequantize(p, rows, next, lane, p.rowCount);
    }
    store(p.logits + rows, rowSums(sums, p.R, p.B), { mask: rows < p.rowCount });
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * acc + x · wᵀ of f32 tiles on units that multiply bf16: each factor is two bf16 whose sum has 16 of its 24 bits, and the product of the two
 * small ones is left out. Weights that are bf16 already have no small part.
 */
function accurateDot(x: Tile, w: Tile, acc: Tile, FORMAT: string): Tile {
  const xBig = to(x, "bf16");
  const xSmall = to(x - to(xBig, "f32"), "bf16");
  const wBig = to(w, "bf16");
  const most = dot(xSmall, trans(wBig), { acc: dot(xBig, trans(wBig), { acc }) });
  if (FORMAT === "bf16") return most;
  else return dot(xBig, trans(to(w - to(wBig, "f32"), "bf16")), { acc: most });
}

/**
 * Logits [tokens, experts] from the residuals x [tokens, K], with a row of the router for each expert. The inverse root mean square of a row
 * is a factor of its whole product, so one pass over x gives both. Program (block of tokens, block of experts).
 */
export const routeTokens = kernel(
  (
    p: Normed &
      Buffers & {
        logits: Ptr<"f32">;
        epsilon: F32;
        width: Int;
        tokens: Int;
        rowCount: Int;
        blockCount: Int;
        BM: Const<"BM">;
        BN: Const<"BN">;
        B: Const<"B">;
        FORMAT: Const<"FORMAT", string>;
      },
  ) => {
    const rows = programId(0) * p.BM + arange(0, p.BM);
    const experts = programId(1) * p.BN + arange(0, p.BN);
    const blocks = arange(0, p.B);
    const lane = arange(0, 16);
    // Column of x under element i of the flattened low halves: halves of 16 lie 32 apart.
    const flat = arange(0, p.B * 16);
    const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
    let acc = zeros([p.BM, p.BN], "f32");
    let squares = zeros([p.BM], "f32");
    for (const start of range(0, p.blockCount, p.B)) {
      const [low, high] = dequantize(p, experts, start + blocks, lane, p.rowCount);
      const at = start * 32 + k;
      const inside = at < p.blockCount * 32;
      const mask = col(rows) < p.tokens && row(inside);
      const source = p.x + to(col(rows), "i64") * p.blockCount * 32 + row(at);
      const xLow = load(source, { mask, other: 0 });
      const xHigh = load(source + 16, { mask, other: 0 });
      squares += sum(xLow * xLow + xHigh * xHigh, 1);
      const scaledLow = xLow * row(load(p.norm + at, { mask: inside, other: 0 }));
      const scaledHigh = xHigh * row(load(p.norm + at + 16, { mask: inside, other: 0 }));
      acc = accurateDot(scaledLow, reshape(low, [p.BN, p.B * 16]), acc, p.FORMAT);
      acc = accurateDot(scaledHigh, reshape(high, [p.BN, p.B * 16]), acc, p.FORMAT);
    }
    const scaled = acc * col(rsqrt(squares / p.width + p.epsilon));
    store(p.logits + col(rows) * p.rowCount + row(experts), scaled, {
      mask: col(rows) < p.tokens && row(experts) < p.rowCount,
    });
  },
  { defaults: { warps: 4, stages: 2, alignment: "required", divisible: ["pointers"] } },
);

/** What the masses of the chosen are divided by: their own sum, or that of all. */
function divisor(chosen: Tile, all: Tile, NORMALIZED: boolean) {
  if (NORMALIZED) return sum(chosen, 0);
  else return sum(all, 0);
}

/**
 * The `used` most likely of `experts` experts for each token, most likely first, the lower of equals; and their probabilities, which are the
 * softmax over all experts or, NORMALIZED, over those chosen. Any logits give experts that exist. Program (token).
 */
export const chooseExperts = kernel(
  (p: {
    /** [tokens, experts] */
    logits: Ptr<"f32">;
    /** [tokens, used] */
    chosen: Ptr<"i32">;
    weights: Ptr<"f32">;
    experts: Int;
    used: Int;
    /** Powers of two above the numbers of experts and of those used. */
    EP: Const<"EP">;
    UP: Const<"UP">;
    NORMALIZED: Const<"NORMALIZED", boolean>;
  }) => {
    const token = programId(0);
    const expert = arange(0, p.EP);
    const slots = arange(0, p.UP);
    gdcWait();
    gdcLaunchDependents();
    const all = load(p.logits + token * p.experts + expert, { mask: expert < p.experts, other: -Infinity });
    const top = max(all, 0);
    let left = all;
    let best = zeros([p.UP], "i32");
    let likely = full([p.UP], -Infinity, "f32");
    for (const slot of range(0, p.used)) {
      const [logit, index] = maxWithIndex(left, 0);
      best = where(slots === slot, minimum(index, p.experts - 1), best);
      likely = where(slots === slot, logit, likely);
      left = where(expert === index, -Infinity, left);
    }
    const masses = exp(likely - top);
    const at = token * p.used + slots;
    store(p.chosen + at, best, { mask: slots < p.used });
    store(p.weights + at, masses / divisor(masses, exp(all - top), p.NORMALIZED), { mask: slots < p.used });
  },
  { defaults: { warps: 1, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);
