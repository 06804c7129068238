import { cdiv, Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as forward from "./layer-norm.kernel.js";
import * as backward from "./layer-norm-backward.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

const [ROWS, COLUMNS, GROUPS] = [50, 576, 16] as const;
const EPSILON = 1e-5;

interface Format {
  readonly T: "f32" | "bf16";
  encode(values: Float32Array): Float32Array | Uint16Array;
  decode(memory: Float32Array | Uint16Array): Float32Array;
  readonly limit: number;
}
const FORMATS: readonly Format[] = [
  { T: "f32", encode: (values) => values, decode: (memory) => Float32Array.from(memory), limit: 1e-5 },
  {
    T: "bf16",
    encode: (values) => toBits("bf16", values),
    decode: (memory) => fromBits("bf16", Uint16Array.from(memory)),
    limit: 1e-2,
  },
];

/** The gradients by the input, by scale and by shift. */
function reference(x: Float32Array, scale: Float32Array, dOut: Float32Array) {
  const dx = new Float64Array(x.length);
  const [dScale, dShift] = [new Float64Array(COLUMNS), new Float64Array(COLUMNS)];
  for (let at = 0; at < x.length; at += COLUMNS) {
    const values = Float64Array.from(x.subarray(at, at + COLUMNS));
    const average = (of: Float64Array): number => of.reduce((a, b) => a + b, 0) / COLUMNS;
    const mean = average(values);
    const inverse = 1 / Math.sqrt(average(values.map((value) => (value - mean) ** 2)) + EPSILON);
    const normal = values.map((value) => (value - mean) * inverse);
    const dNormal = normal.map((_, i) => (dOut[at + i] as number) * (scale[i] as number));
    const along = average(dNormal.map((value, i) => value * (normal[i] as number)));
    const level = average(dNormal);
    for (const [i, value] of normal.entries()) {
      dx[at + i] = ((dNormal[i] as number) - value * along - level) * inverse;
      dScale[i]! += (dOut[at + i] as number) * value;
      dShift[i]! += dOut[at + i] as number;
    }
  }
  return { dx, dScale, dShift };
}

/** Forward, then backward, in f32 and in bf16. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { layerNorm } = await device.load(forward);
  const { layerNormBackward, layerNormWeights } = await device.load(backward);
  const count = ROWS * COLUMNS;
  const values = [randoms(count, 20).map((value) => value * 3 + 1), randoms(count, 21)] as const;
  const scales = randoms(COLUMNS, 22);
  const [scale, shift] = [await upload(device, scales), await upload(device, randoms(COLUMNS, 23))];
  const [mean, inverse] = [device.alloc(4 * ROWS), device.alloc(4 * ROWS)];
  const [dScale, dShift] = [device.alloc(4 * COLUMNS), device.alloc(4 * COLUMNS)];
  const [scaleSums, shiftSums] = [device.alloc(4 * GROUPS * COLUMNS), device.alloc(4 * GROUPS * COLUMNS)];

  for (const { T, encode, decode, limit } of FORMATS) {
    const [xs, dOuts] = values.map(encode);
    const [x, dOut] = [await upload(device, xs!), await upload(device, dOuts!)];
    const [out, dx] = [device.alloc(xs!.byteLength), device.alloc(xs!.byteLength)];
    const [locks, counts] = [
      await upload(device, new Int32Array(GROUPS)),
      await upload(device, new Int32Array(GROUPS)),
    ];
    layerNorm.launch([ROWS], {
      x,
      scale,
      shift,
      out,
      mean,
      inverse,
      columns: COLUMNS,
      epsilon: EPSILON,
      T,
      BLOCK: 1024,
    });
    const sums = { scaleSums, shiftSums, columns: COLUMNS };
    layerNormBackward.launch([ROWS], {
      ...sums,
      x,
      scale,
      mean,
      inverse,
      dOut,
      dx,
      locks,
      counts,
      T,
      GROUPS,
      BLOCK: 1024,
    });
    layerNormWeights.launch([cdiv(COLUMNS, 128)], { ...sums, dScale, dShift, groups: GROUPS, BM: 32, BN: 128 });
    const right = reference(decode(xs!), scales, decode(dOuts!));
    const results = {
      dx: decode(await download(dx, xs!.slice())),
      dScale: await download(dScale, new Float32Array(COLUMNS)),
      dShift: await download(dShift, new Float32Array(COLUMNS)),
    };
    for (const name of ["dx", "dScale", "dShift"] as const)
      report(
        `layer-norm-backward: ${name} of ${ROWS} rows of ${COLUMNS} in ${T} on ${device.name}`,
        worstError(results[name], (i) => right[name][i] as number),
        limit,
      );
  }
}
