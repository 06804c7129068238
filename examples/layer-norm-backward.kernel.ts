import {
  arange,
  atomicCas,
  atomicExchange,
  type Const,
  col,
  debugBarrier,
  type Int,
  kernel,
  load,
  mod,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  to,
  where,
  zeros,
} from "tilescript";

/**
 * Gradients of layer norm by its input, one row a program. What rows add to the gradients of scale and shift is summed in GROUPS buffers of
 * columns numbers, each behind a lock (0 is free); `counts` says of a buffer whether anything is in it. Locks and counts begin as zeros.
 */
export const layerNormBackward = kernel(
  <T extends "f16" | "bf16" | "f32">(p: {
    x: Ptr<T>;
    scale: Ptr<"f32">;
    mean: Ptr<"f32">;
    inverse: Ptr<"f32">;
    dOut: Ptr<T>;
    dx: Ptr<T>;
    scaleSums: Ptr<"f32">;
    shiftSums: Ptr<"f32">;
    locks: Ptr<"i32">;
    counts: Ptr<"i32">;
    columns: Int;
    GROUPS: Const<"GROUPS">;
    BLOCK: Const<"BLOCK">;
  }) => {
    const at = programId(0);
    const lane = arange(0, p.BLOCK);
    const mask = lane < p.columns;
    const values = to(load(p.x + at * p.columns + lane, { mask, other: 0 }), "f32");
    const dy = to(load(p.dOut + at * p.columns + lane, { mask, other: 0 }), "f32");
    const width = load(p.inverse + at);
    const normal = where(mask, (values - load(p.mean + at)) * width, 0);
    const dNormal = load(p.scale + lane, { mask, other: 0 }) * dy;
    const along = sum(normal * dNormal, 0) / to(p.columns, "f32");
    const level = sum(dNormal, 0) / to(p.columns, "f32");
    store(p.dx + at * p.columns + lane, (dNormal - (normal * along + level)) * width, { mask });

    const group = mod(at, p.GROUPS);
    const toScale = p.scaleSums + group * p.columns + lane;
    const toShift = p.shiftSums + group * p.columns + lane;
    let [dScale, dShift] = [dy * normal, dy];
    while (atomicCas(p.locks + group, 0, 1) === 1) {
      // Another program is adding.
    }
    if (load(p.counts + group) === 0) atomicExchange(p.counts + group, 1);
    else {
      dScale += load(toScale, { mask });
      dShift += load(toShift, { mask });
    }
    store(toScale, dScale, { mask });
    store(toShift, dShift, { mask });
    // All threads have written before one of them opens the lock.
    debugBarrier();
    atomicExchange(p.locks + group, 0);
  },
  {
    builds: [
      { constants: { GROUPS: 16, BLOCK: 1024 }, dtypes: { T: "bf16" } },
      { constants: { GROUPS: 16, BLOCK: 1024 }, dtypes: { T: "f32" } },
    ],
  },
);

/** The gradients of scale and shift: the sums of the first `groups` buffers. */
export const layerNormWeights = kernel(
  (p: {
    scaleSums: Ptr<"f32">;
    shiftSums: Ptr<"f32">;
    dScale: Ptr<"f32">;
    dShift: Ptr<"f32">;
    groups: Int;
    columns: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
  }) => {
    const places = programId(0) * p.BN + arange(0, p.BN);
    let [scales, shifts] = [zeros([p.BM, p.BN], "f32"), zeros([p.BM, p.BN], "f32")];
    for (const first of range(0, p.groups, p.BM)) {
      const buffers = first + arange(0, p.BM);
      const mask = col(buffers) < p.groups && row(places) < p.columns;
      const from = col(buffers) * p.columns + row(places);
      scales += load(p.scaleSums + from, { mask, other: 0 });
      shifts += load(p.shiftSums + from, { mask, other: 0 });
    }
    store(p.dScale + places, sum(scales, 0), { mask: places < p.columns });
    store(p.dShift + places, sum(shifts, 0), { mask: places < p.columns });
  },
  { builds: [{ constants: { BM: 32, BN: 128 } }] },
);
