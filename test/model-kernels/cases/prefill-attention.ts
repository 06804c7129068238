import { prefillAttentionTiles } from "../../../runtime/kernels/attention/tiles.js";
import { inputs, type Kind } from "../activations.js";
import {
  BF16,
  cdiv,
  constantsOf,
  type Edges,
  type HeadShape,
  type KernelCase,
  named,
  output,
  withMore,
} from "../case.js";
import { rounded } from "../numbers.js";
import { capped, dot, softmaxSum } from "../reference.js";

interface Chunk {
  readonly queries: number;
  readonly past: number;
  /** Keys that a query sees at the most; undefined where it sees all, and the kernel knows. */
  readonly reach?: number;
}

interface Scene extends Chunk {
  readonly kind: Kind;
  readonly shape: HeadShape;
  readonly cap?: number;
}

/** What of a launch is compiled into it. */
interface Build {
  readonly CAP: boolean;
  readonly SLIDES: boolean;
}

const tilesOf = ({ set, device }: Pick<Edges, "set" | "device">, shape: HeadShape, build: Build) =>
  prefillAttentionTiles({ ...device, traits: { tiles: set } }, { ...constantsOf(shape), ...build });

/** Numbers of queries at the edges of their blocks, after numbers of keys at the edges of theirs. */
function chunks({ BM, BN }: ReturnType<typeof prefillAttentionTiles>): Chunk[] {
  return [
    { queries: 1, past: 0 },
    { queries: BM - 1, past: 0 },
    { queries: BM, past: BN },
    { queries: BM + 1, past: BN - 1 },
    { queries: 1, past: 3 * BN + 7 },
    { queries: 2 * BM + 5, past: BN + 1 },
  ];
}

/** Windows of one key, within a block, of about one and of several, longer than what there is; each with queries that hang over blocks. */
function windows({ BM, BN }: ReturnType<typeof prefillAttentionTiles>): Chunk[] {
  return [
    { queries: BM + 5, past: 0, reach: 1 },
    { queries: BM + 5, past: 2 * BN + 3, reach: 1 },
    { queries: BM + 5, past: 2 * BN + 3, reach: 7 },
    { queries: 2 * BM, past: BN, reach: BN - 1 },
    { queries: 2 * BM + 5, past: 2 * BN, reach: BN },
    { queries: BM, past: 3 * BN - 1, reach: BN + 1 },
    { queries: 2 * BM + 5, past: BN + 1, reach: 2 * BN + 9 },
    { queries: 1, past: 3 * BN + 7, reach: 2 * BN + 1 },
    { queries: BM + 3, past: BN + 1, reach: BM + BN + 4 },
    { queries: BM + 3, past: BN + 1, reach: BM + BN + 3 },
    { queries: BM + 3, past: BN + 1, reach: 1000 },
  ];
}

interface Tensors {
  /** [queries, heads + 2 · KV heads, D]: q is what comes first. */
  readonly qkv: Float64Array;
  /** [past + queries, KV heads, D] */
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

/** The first key that query i sees. */
const firstOf = ({ past, reach = Number.POSITIVE_INFINITY }: Chunk, query: number): number =>
  Math.max(0, past + query + 1 - reach);

/** Query i of each head over the keys that it sees, up to past + i; [queries, heads, D]. */
function causal(scene: Scene, { qkv, keys, values }: Tensors) {
  const { queries, past, cap } = scene;
  const { heads, kvHeads, D } = scene.shape;
  const out = new Float64Array(queries * heads * D);
  const row = (heads + 2 * kvHeads) * D;
  for (let query = 0; query < queries; query++)
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const q = qkv.subarray(query * row + head * D, query * row + (head + 1) * D);
      const first = firstOf(scene, query);
      const of = (data: Float64Array) => (_: unknown, at: number) =>
        data.subarray(((first + at) * kvHeads + kvHead) * D, ((first + at) * kvHeads + kvHead + 1) * D);
      const seen = { length: past + query + 1 - first };
      const scores = Array.from(seen, of(keys)).map((key) => capped(dot(q, key), cap));
      out.set(softmaxSum(scores, Array.from(seen, of(values))), (query * heads + head) * D);
    }
  return out;
}

/**
 * Whole numbers: keys are the signs ±1 of a code that differs for neighbouring tokens, and queries 256 times the key that each is to find,
 * so that scores differ by 512 at least and weights are 0 or 1.
 */
function exactTensors(scene: Scene): Tensors {
  const { queries, past, shape } = scene;
  const { heads, kvHeads, D } = shape;
  const { source } = inputs("whole", queries + past);
  const total = past + queries;
  const code = (token: number): number[] => Array.from({ length: D }, (_, i) => ((token >> (i % 10)) & 1 ? 1 : -1));
  const keys = Array.from({ length: total }, (_, token) => Array(kvHeads).fill(code(token)).flat()).flat();
  const qkv = Array.from({ length: queries }, (_, query) => {
    const [first, last] = [firstOf(scene, query), past + query];
    const found = Array.from({ length: heads }, (_, head) => {
      const token = head % 3 === 0 ? last : head % 3 === 1 ? first : source.whole(first, last);
      return code(token).map((sign) => 256 * sign);
    });
    return [...found.flat(), ...new Array(2 * kvHeads * D).fill(Number.NaN)];
  });
  return {
    qkv: Float64Array.from(qkv.flat()),
    keys: Float64Array.from(keys),
    values: Float64Array.from({ length: total * kvHeads * D }, () => source.whole(-99, 99)),
  };
}

function randomTensors({ queries, past, shape: { heads, kvHeads, D } }: Scene): Tensors {
  const { bf16, source } = inputs("random", queries + past);
  const row = (heads + 2 * kvHeads) * D;
  const size = Math.LOG2E / Math.sqrt(D);
  const total = (past + queries) * kvHeads * D;
  const qkv = Array.from({ length: queries * row }, (_, at) =>
    at % row < heads * D ? size * source.normal() : Number.NaN,
  );
  return { qkv: rounded("bf16", qkv), keys: bf16(total), values: bf16(total) };
}

function caseOf(scene: Scene): KernelCase {
  const { kind, shape, queries, past, reach, cap } = scene;
  const { heads, kvHeads, D } = shape;
  const build: Build = { CAP: cap !== undefined, SLIDES: reach !== undefined };
  const said = [...(reach === undefined ? [] : [`reach ${reach}`]), ...(cap === undefined ? [] : ["cap"])];
  return {
    kernel: "prefillAttention",
    title: [`${kind} numbers, ${heads}/${kvHeads} heads of ${D}, ${queries} queries after ${past} keys`, ...said].join(
      ", ",
    ),
    constants: (setting) => ({ ...tilesOf(setting, shape, build), D, DP: constantsOf(shape).DP, ...build }),
    grid: (setting) => [heads, cdiv(queries, tilesOf(setting, shape, build).BM)],
    prepare() {
      const tensors = (kind === "whole" ? exactTensors : randomTensors)(scene);
      const [qkvRow, row] = [(heads + 2 * kvHeads) * D, kvHeads * D];
      const window = { shape: [past + queries, kvHeads, D], strides: [row, D, 1] };
      return {
        buffers: {
          qkv: withMore(tensors.qkv, qkvRow),
          keys: withMore(tensors.keys, row),
          values: withMore(tensors.values, row),
          out: { ...output("bf16", causal(scene, tensors), kind === "whole" ? 0 : BF16), row: D },
        },
        args: (b) => ({
          q: { buffer: b.qkv!, shape: [queries, heads * D], strides: [qkvRow, 1] },
          keys: { buffer: b.keys!, ...window },
          values: { buffer: b.values!, ...window },
          ...named(b, "out"),
          ...{
            queries,
            past,
            reach: reach ?? past + queries,
            outRow: heads * D,
            group: heads / kvHeads,
            cap: cap ?? 0,
          },
        }),
      };
    },
  };
}

/** Scores of random queries are of about one: this bends them. */
const CAP = 1.5;

export function prefillAttentionCases(edges: Edges): KernelCase[] {
  const [first, ...others] = edges.shapes as [HeadShape, ...HeadShape[]];
  const last = others.at(-1) ?? first;
  const plain = { CAP: false, SLIDES: false };
  const slides = { CAP: false, SLIDES: true };
  const all = chunks(tilesOf(edges, first, plain));
  const sliding = windows(tilesOf(edges, first, slides));
  const scenes: Omit<Scene, "kind">[] = [
    ...[...all, ...sliding].map((chunk) => ({ shape: first, ...chunk })),
    ...others.map((shape) => ({ shape, ...chunks(tilesOf(edges, shape, plain)).at(-1)! })),
    ...others.map((shape) => ({ shape, ...windows(tilesOf(edges, shape, slides))[4]! })),
  ];
  // One block of queries for the widest heads: of half a million results, one is off by more than BF16 for its weights alone, which are bf16 too.
  const bent = [
    { shape: first, ...chunks(tilesOf(edges, first, { ...plain, CAP: true })).at(-1)! },
    { shape: last, ...chunks(tilesOf(edges, last, { ...plain, CAP: true }))[2]! },
    { shape: first, ...windows(tilesOf(edges, first, { ...slides, CAP: true }))[6]! },
    { shape: last, ...windows(tilesOf(edges, last, { ...slides, CAP: true }))[5]! },
  ];
  return [
    ...scenes.flatMap((scene) => (["random", "whole"] as const).map((kind) => caseOf({ kind, ...scene }))),
    ...bent.map((scene) => caseOf({ kind: "random", cap: CAP, ...scene })),
  ];
}
