import type { DeviceBuffer } from "../device/device.js";
import type { LayerWeights, Matrix } from "./weights.js";

/** What of a layer's inside goes back to the residual stream. */
export type Inner = "attention" | "activation";

/**
 * Tokens on their way through a model: one of a decode step, or a chunk of a prompt. A layer is the same for both; how each does a step of
 * it, and what it fuses, is its own.
 */
export interface Pass {
  /** Embeddings into the residual stream. */
  embed(embedding: Matrix): void;
  /** q, k and v from the normed residual of layer `index`. */
  project(layer: LayerWeights, index: number): void;
  /** q and k normed head by head. */
  normHeads(norms: NonNullable<LayerWeights["headNorms"]>, index: number): void;
  attend(index: number): void;
  /** residual += matrix · inner, through `norm` where what is added has one. */
  join(inner: Inner, matrix: Matrix, norm: DeviceBuffer | undefined): void;
  /** act(gate · x) · (up · x) of the normed residual x. */
  gate(layer: LayerWeights): void;
  /** residual += what the experts make of the normed residual that the router chooses for it, by their weights. */
  experts(layer: LayerWeights, router: Matrix): void;
}

/** A layer: attention, then the feed-forward, each from the normed residual stream and back into it. */
export function runLayer(pass: Pass, layer: LayerWeights, index: number): void {
  pass.project(layer, index);
  if (layer.headNorms) pass.normHeads(layer.headNorms, index);
  pass.attend(index);
  pass.join("attention", layer.out, layer.postAttentionNorm);
  if (layer.router) {
    pass.experts(layer, layer.router);
  } else {
    pass.gate(layer);
    pass.join("activation", layer.down, layer.postFeedForwardNorm);
  }
}
