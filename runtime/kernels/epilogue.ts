import { load, type Mask, type Ptr, sigmoid, type Tile, tanh } from "tilescript";

/** What happens to a product before it is stored. */
export type Activation = "silu" | "gelu";

/** y + bias of its rows or columns `at`, where there is a bias. */
export function biased(y: Tile, bias: Ptr<"f32">, at: Tile, mask: Mask, BIAS: boolean): Tile {
  if (BIAS) return y + load(bias + at, { mask, other: 0 });
  else return y;
}

/** act(gate) · up: SwiGLU (arXiv 2002.05202, section 2), or GeGLU with gelu by tanh (arXiv 1606.08415, section 2). */
export function gated(gate: Tile, up: Tile, ACT: string): Tile {
  if (ACT === "silu") return gate * sigmoid(gate) * up;
  else return 0.5 * gate * (1 + tanh(0.7978845608028654 * (gate + 0.044715 * gate * gate * gate))) * up;
}

/** cap · tanh(x / cap), where there is a cap (arXiv 2408.00118, section 2). */
export function capped(x: Tile, cap: number, CAP: boolean): Tile {
  if (CAP) return cap * tanh(x / cap);
  else return x;
}
