import { readFileSync } from "node:fs";

/** A layer's ReAttention in float64, from test/reference/make_reattention_fixtures.py. */
export interface LayerFixture {
  readonly name: string;
  readonly heads: number;
  readonly kvHeads: number;
  readonly D: number;
  readonly queries: number;
  readonly total: number;
  readonly global: number;
  readonly local: number;
  readonly topK: number;
  readonly span: number;
  readonly clip: number;
  /** [heads, queries, D] */
  readonly q: Float32Array;
  /** [total, KV heads, D] */
  readonly keys: Float32Array;
  readonly values: Float32Array;
  /** [heads · queries, topK], −1 for none. */
  readonly picks: readonly (readonly number[])[];
  readonly kept: readonly number[];
  readonly window: readonly number[];
  /** [heads, queries, D] */
  readonly out: readonly number[];
}

const eighths = (text: string): Float32Array =>
  Float32Array.from(new Int8Array(Buffer.from(text, "base64")), (value) => value / 8);

type Coded = Omit<LayerFixture, "q" | "keys" | "values"> & Record<"q" | "keys" | "values", string>;

export function layerFixtures(): LayerFixture[] {
  const file = new URL("../../fixtures/reattention.json", import.meta.url);
  const coded = JSON.parse(readFileSync(file, "utf8")) as Coded[];
  return coded.map((one) => ({ ...one, q: eighths(one.q), keys: eighths(one.keys), values: eighths(one.values) }));
}

/** q [heads, queries, D] as kernels take it, [queries, heads · D]. */
export function byQuery({ heads, queries, D }: LayerFixture, q: ArrayLike<number>): Float32Array {
  const turned = new Float32Array(q.length);
  for (let head = 0; head < heads; head++)
    for (let query = 0; query < queries; query++)
      for (let i = 0; i < D; i++)
        turned[(query * heads + head) * D + i] = q[(head * queries + query) * D + i] as number;
  return turned;
}

/** The row of a query of a head among picks: KV head, query, head of the group. */
export function rowOf({ heads, kvHeads, queries }: LayerFixture, head: number, query: number): number {
  const group = heads / kvHeads;
  return (Math.floor(head / group) * queries + query) * group + (head % group);
}

/** cos and sin of positions · 10000^(−i / half), f32 [positions, half]. */
export function rotaryTable(positions: number, half: number) {
  const angle = (_: unknown, at: number) => Math.floor(at / half) * 10000 ** (-(at % half) / half);
  const angles = Float64Array.from({ length: positions * half }, angle);
  return { cosine: Float32Array.from(angles, Math.cos), sine: Float32Array.from(angles, Math.sin) };
}
