/* A layer of experts with random weights, and what it does in float64. */

import { toBits, upload } from "../../runtime/device/arrays.js";
import type { Device } from "../../runtime/device/device.js";
import type { Format } from "../../runtime/kernels/linear/weights.js";
import type { ExpertConfig, ModelConfig } from "../../runtime/models/config.js";
import { padded } from "../../runtime/models/sizes.js";
import type { LayerWeights, Matrix } from "../../runtime/models/weights.js";
import { type WeightMatrix, weightMatrix } from "./matrix.js";
import { many, type Numbers, numbers } from "./numbers.js";

export interface MixtureShape extends Pick<ExpertConfig, "count" | "used" | "normalized"> {
  readonly hidden: number;
  readonly feedForward: number;
  readonly format: Format;
  readonly routerFormat: Format;
  readonly activation: ModelConfig["activation"];
  /** Added to each expert's logit, whatever the token. Default: nothing. */
  readonly favour?: (expert: number) => number;
  /** All experts have the same logits. */
  readonly tied?: boolean;
}

export interface Mixture {
  readonly shape: MixtureShape;
  readonly norm: Float64Array;
  readonly router: WeightMatrix;
  readonly gateUp: WeightMatrix;
  readonly down: WeightMatrix;
}

export interface Routed {
  /** [experts] */
  readonly logits: Float64Array;
  readonly chosen: readonly number[];
  readonly weights: readonly number[];
}

const EPSILON = 1e-5;

/** Rows of every `part` from `used` on as zeros: what the upload leaves of them. */
function withoutRest(matrix: WeightMatrix, part: number, used: number): WeightMatrix {
  const [bytes, values] = [matrix.bytes.slice(), matrix.values.slice()];
  const bytesOfRow = bytes.length / matrix.rows;
  for (let start = 0; start < matrix.rows; start += part) {
    bytes.fill(0, (start + used) * bytesOfRow, (start + part) * bytesOfRow);
    values.fill(0, (start + used) * matrix.columns, (start + part) * matrix.columns);
  }
  return { ...matrix, bytes, values };
}

/** Router logits must differ by more than a few rounded bits. Column 0 is that of `favour`. */
function routerOf({ count, hidden, routerFormat, favour, tied }: MixtureShape, source: Numbers): WeightMatrix {
  const columns = padded(hidden);
  const floats = Float32Array.from(many(count * columns, source.normal));
  for (let e = 0; e < count; e++) {
    floats[e * columns] = favour?.(e) ?? 0;
    if (tied) floats.copyWithin(e * columns, 0, columns);
  }
  const bytes = routerFormat === "bf16" ? toBits("bf16", floats) : floats;
  const values = routerFormat === "bf16" ? widened(bytes as Uint16Array) : floats;
  return {
    ...{ format: routerFormat, rows: count, columns, values: Float64Array.from(values) },
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
}

const widened = (bits: Uint16Array): Float32Array =>
  new Float32Array(Uint32Array.from(bits, (bit) => bit << 16).buffer);

export function randomMixture(shape: MixtureShape, seed: number): Mixture {
  const source = numbers(seed);
  const [H, F] = [padded(shape.hidden), padded(shape.feedForward)];
  const matrix = (rows: number, columns: number) =>
    weightMatrix(shape.format, rows, columns / 32, source, { kind: "random" });
  return {
    shape,
    norm: Float64Array.from(many(shape.hidden, () => Math.fround(1 + 0.2 * source.normal()))),
    router: routerOf(shape, source),
    gateUp: withoutRest(matrix(shape.count * 2 * F, H), F, shape.feedForward),
    down: withoutRest(matrix(shape.count * H, F), H, shape.hidden),
  };
}

/** Residuals [tokens, padded hidden]: column 0 is the same in all, for `favour`. */
export function randomTokens({ hidden }: MixtureShape, tokens: number, seed: number): Float32Array {
  const [source, width] = [numbers(seed), padded(hidden)];
  const x = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++)
    for (let k = 0; k < hidden; k++) x[token * width + k] = k === 0 ? 2 : source.normal();
  return x;
}

function normed({ norm, shape }: Mixture, x: Float32Array): Float64Array {
  const squares = x.reduce((sum, value) => sum + value * value, 0);
  const inverse = 1 / Math.sqrt(squares / shape.hidden + EPSILON);
  return Float64Array.from({ length: shape.hidden }, (_, k) => x[k]! * norm[k]! * inverse);
}

/** Row `row` of the matrix times x. */
function product({ values, columns }: WeightMatrix, row: number, x: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += values[row * columns + k]! * x[k]!;
  return sum;
}

function routed({ shape, router }: Mixture, x: Float64Array): Routed {
  const { count, used, normalized } = shape;
  const logits = Float64Array.from({ length: count }, (_, e) => product(router, e, x));
  const top = Math.max(...logits);
  const masses = logits.map((logit) => Math.exp(logit - top));
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const chosen = order.slice(0, used);
  const total = (normalized ? chosen : order).reduce((sum, e) => sum + masses[e]!, 0);
  return { logits, chosen, weights: chosen.map((e) => masses[e]! / total) };
}

const activations: Readonly<Record<ModelConfig["activation"], (x: number) => number>> = {
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

function expertOf({ shape, gateUp, down }: Mixture, expert: number, x: Float64Array): Float64Array {
  const { hidden, feedForward, activation } = shape;
  const [H, F] = [padded(hidden), padded(feedForward)];
  const first = expert * 2 * F;
  const inner = Float64Array.from(
    { length: feedForward },
    (_, f) => activations[activation](product(gateUp, first + f, x)) * product(gateUp, first + F + f, x),
  );
  return Float64Array.from({ length: hidden }, (_, h) => product(down, expert * H + h, inner));
}

/** What becomes of the residual of one token. */
export function reference(mixture: Mixture, residual: Float32Array): Routed & { readonly result: Float64Array } {
  const x = normed(mixture, residual);
  const choice = routed(mixture, x);
  const result = Float64Array.from(residual);
  for (const [slot, expert] of choice.chosen.entries())
    for (const [h, value] of expertOf(mixture, expert, x).entries()) result[h]! += choice.weights[slot]! * value;
  return { ...choice, result };
}

/** As much of a model's configuration as its experts need. */
export const configOf = ({ hidden, feedForward, activation, count, used, normalized }: MixtureShape) => ({
  ...{ heads: 1, kvHeads: 1, headSize: 16, hidden, feedForward, activation, rmsEpsilon: EPSILON, scoreScale: 1 },
  experts: { count, used, normalized },
});

/** The mixture as a layer on a device. */
export async function uploadMixture(device: Device, { shape, norm, router, gateUp, down }: Mixture) {
  const matrix = async ({ bytes, format, rows, columns }: WeightMatrix, width: number): Promise<Matrix> => ({
    ...{ buffer: await upload(device, bytes), format, rows, columns, width, bias: undefined },
  });
  const wholeNorm = new Float32Array(padded(shape.hidden));
  wholeNorm.set(norm);
  const layer: Pick<LayerWeights, "feedForwardNorm" | "gateUp" | "down"> = {
    feedForwardNorm: await upload(device, wholeNorm),
    gateUp: await matrix(gateUp, shape.hidden),
    down: await matrix(down, shape.feedForward),
  };
  return { layer: layer as LayerWeights, router: await matrix(router, shape.hidden) };
}
