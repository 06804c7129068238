/*
 * Which tensors of a file the weights on a device are made of. A family writes such a plan; uploading follows it. What stands beside each other
 * in a matrix on the device need not do so in the file.
 */

/** A tensor, as rows of its last dimension; those of `order`, in that order, or all as they are. */
export interface Part {
  readonly tensor: string;
  /** Rows of the tensor, such as those that undo a permutation or leave out what is not wanted. */
  readonly order?: Int32Array;
}

/** Parts of equal width, stacked. */
export interface MatrixPlan {
  readonly parts: readonly Part[];
  /** One element a row, stacked like the rows. */
  readonly bias?: readonly Part[];
}

export interface VectorPlan {
  readonly tensor: string;
  /** Added to each element: 1 where a file holds w and the model means 1 + w. Default 0. */
  readonly plus?: number;
  /** Elements in another order, such as the norm of a head whose rows were reordered. */
  readonly order?: Int32Array;
}

/** The weights of a layer. Rotation pairs of q and k are (i, i + D/2); where fewer dimensions rotate, those that do come first in each half. */
export interface LayerPlan {
  readonly attentionNorm: VectorPlan;
  /** [q; k; v] stacked: [(heads + 2 · KV heads) · D, hidden]. */
  readonly qkv: MatrixPlan;
  /** [D], applied to every head before it rotates. */
  readonly queryNorm?: VectorPlan;
  readonly keyNorm?: VectorPlan;
  /** [hidden, heads · D] */
  readonly out: MatrixPlan;
  /** Norms of what attention and feed-forward add to the residual. */
  readonly postAttentionNorm?: VectorPlan;
  readonly feedForwardNorm: VectorPlan;
  /** [gate; up] stacked: [2F, hidden]; with experts one after the other, [experts · 2F, hidden]. */
  readonly gateUp: MatrixPlan;
  /** [hidden, F]; with experts [experts · hidden, F]. */
  readonly down: MatrixPlan;
  /** [experts, hidden], where there are experts. */
  readonly router?: MatrixPlan;
  readonly postFeedForwardNorm?: VectorPlan;
}

export interface WeightsPlan {
  /** [vocabulary, hidden] */
  readonly embedding: MatrixPlan;
  readonly layers: readonly LayerPlan[];
  readonly outputNorm: VectorPlan;
  /** Absent where the embedding is the head. */
  readonly head?: MatrixPlan;
}
