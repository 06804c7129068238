import type { DeviceBuffer } from "../device/device.js";
import { TILES, type Tiles } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import { choiceArguments, mixtureOf } from "./experts.js";
import type { ModelHost } from "./host.js";
import { type Inner, type Pass, runLayer } from "./pass.js";
import { type Sizes, sizesOf } from "./sizes.js";
import { RING } from "./state.js";
import { logitPrograms, tokenProduct } from "./token-products.js";
import { type LayerWeights, type Matrix, matrixArguments } from "./weights.js";

/** How the next token is picked; the parameters of `sample` are on the device. */
export type Picking = "greedy" | "sample";

/** One token through the model: matrix-vector products that start reading weights before what they multiply is there. */
export class TokenPass implements Pass {
  readonly #host: ModelHost;
  readonly #sizes: Sizes;
  readonly #tiles: Tiles;
  /** What every norm of the residual stream takes. */
  readonly #norm: { readonly epsilon: number; readonly width: number };

  constructor(host: ModelHost) {
    const { config } = host;
    this.#host = host;
    this.#sizes = sizesOf(config);
    this.#tiles = TILES[host.device.traits.tiles];
    this.#norm = { epsilon: config.rmsEpsilon, width: config.hidden };
  }

  /** embed → layers → logits → pick. Capturable: all that varies is in the state. */
  step(picking: Picking): void {
    this.forward();
    this.choose(picking);
  }

  /** embed → layers → logits: the token picked last goes through the model. */
  forward(): void {
    const { weights, state } = this.#host;
    this.embed(weights.embedding);
    for (const [index, layer] of weights.layers.entries()) runLayer(this, layer, index);
    this.logits(state.residual);
  }

  embed(embedding: Matrix): void {
    const { kernels, config, state } = this.#host;
    const blockCount = embedding.columns / 32;
    kernels.embed.launch([1, cdiv(blockCount, this.#tiles.embed.B)], {
      ids: state.token,
      ...matrixArguments(embedding),
      out: state.residual,
      scale: config.embeddingScale,
      rowCount: embedding.rows,
      blockCount,
      ...this.#tiles.embed,
    });
  }

  project({ attentionNorm: norm, qkv, headNorms }: LayerWeights, index: number): void {
    const { kernels, device, state, layers } = this.#host;
    const { keys, values } = layers[index]!.cache;
    const { qRows, kvRows } = this.#sizes;
    let firstRow = 0;
    for (const matrix of qkv) {
      const rowCount = matrix.rows;
      const common = {
        ...{ x: state.residual, norm, q: state.q, keys, values, position: state.position },
        ...{ ...this.#norm, qRows, kvRows, firstRow, rowCount, APART: headNorms !== undefined },
      };
      const { way, grid, args } = tokenProduct(device, matrix, "qkv", rowCount);
      if (way === "rows") kernels.decodeQkvRows.launch(grid, { ...common, ...args });
      else if (way === "integers") kernels.decodeQkvIntegers.launch(grid, { ...common, ...args });
      else kernels.decodeQkv.launch(grid, { ...common, ...args });
      firstRow += rowCount;
    }
  }

  normHeads(norms: NonNullable<LayerWeights["headNorms"]>, index: number): void {
    const { kernels, config, state, layers } = this.#host;
    const { heads, kvHeads } = config;
    const { D, DP } = this.#sizes;
    kernels.decodeNormHeads.launch([heads + kvHeads], {
      ...{ q: state.q, keys: layers[index]!.cache.keys, ...norms, position: state.position },
      ...{ epsilon: config.rmsEpsilon, heads, kvHeads, D, DP },
    });
  }

  attend(index: number): void {
    const { attentions, layers, state } = this.#host;
    attentions[index]!.token(layers[index]!, state.q, state.attention);
  }

  join(inner: Inner, matrix: Matrix, norm: DeviceBuffer | undefined): void {
    const { kernels, device, state } = this.#host;
    const { rows: rowCount } = matrix;
    const { way, grid, args } = tokenProduct(device, matrix, "add", rowCount);
    const common = { x: state[inner], out: norm ? state.product : state.residual, rowCount, ADD: norm === undefined };
    if (way === "rows") kernels.decodeAddRows.launch(grid, { ...common, ...args });
    else if (way === "integers") kernels.decodeAddIntegers.launch(grid, { ...common, ...args });
    else kernels.decodeAdd.launch(grid, { ...common, ...args });
    if (!norm) return;
    const { residual, residualP } = this.#sizes;
    kernels.addNormed.launch([1], {
      ...{ y: state.product, weight: norm, residual: state.residual, padded: residual, ...this.#norm },
      ...{ KP: residualP, T: "f32" },
    });
  }

  gate({ feedForwardNorm: norm, gateUp }: LayerWeights): void {
    const { kernels, config, device, state } = this.#host;
    const outRows = gateUp.rows / 2;
    const common = {
      ...{ x: state.residual, norm, out: state.activation, ...this.#norm, outRows, ACT: config.activation },
    };
    const { way, grid, args } = tokenProduct(device, gateUp, "gateUp", outRows);
    if (way === "rows") kernels.decodeGateUpRows.launch(grid, { ...common, ...args });
    else if (way === "integers") kernels.decodeGateUpIntegers.launch(grid, { ...common, ...args });
    else kernels.decodeGateUp.launch(grid, { ...common, ...args });
  }

  experts({ feedForwardNorm: norm, gateUp, down }: LayerWeights, router: Matrix): void {
    const { kernels, config, state } = this.#host;
    const { residual: x, activation } = state;
    const { routeToken, expertsGateUp, expertsDown } = this.#tiles;
    const { experts, routing } = mixtureOf(config, state.routing);
    const { logits, chosen, weights } = routing;
    const { count, used } = experts;
    kernels.routeToken.launch([cdiv(count, routeToken.R)], {
      ...{ x, norm, ...matrixArguments(router), logits, ...this.#norm },
      ...{ rowCount: count, blockCount: router.columns / 32, ...routeToken },
    });
    kernels.chooseExperts.launch([1], choiceArguments(experts, routing));
    const outRows = gateUp.rows / count / 2;
    kernels.decodeExpertsGateUp.launch([cdiv(outRows, expertsGateUp.R), used], {
      ...{ x, norm, ...matrixArguments(gateUp), chosen, out: activation, ...this.#norm },
      ...{ outRows, blockCount: gateUp.columns / 32, ...expertsGateUp, ACT: config.activation },
    });
    const rowCount = down.rows / count;
    kernels.decodeExpertsDown.launch([cdiv(rowCount, expertsDown.R)], {
      ...{ x: activation, out: x, ...matrixArguments(down), chosen, weights, used },
      ...{ rowCount, blockCount: down.columns / 32, ...expertsDown },
    });
  }

  /** Logits of the token whose residual stream is `residual` [hidden]. */
  logits(residual: DeviceBuffer): void {
    const { kernels, config, device, weights, state } = this.#host;
    const { head, outputNorm: norm } = weights;
    const { logits, bestLogit, bestRow } = state;
    const common = {
      ...{ x: residual, norm, logits, bestLogit, bestRow, ...this.#norm, rowCount: head.rows, tokens: config.tokens },
      ...{ cap: config.logitCap ?? 0, CAP: config.logitCap !== undefined },
    };
    const { way, grid, args } = tokenProduct(device, head, "logits", head.rows);
    if (way === "rows") kernels.decodeLogitsRows.launch(grid, { ...common, ...args });
    else if (way === "integers") kernels.decodeLogitsIntegers.launch(grid, { ...common, ...args });
    else kernels.decodeLogits.launch(grid, { ...common, ...args });
  }

  /** The token that follows, by the logits as they are. */
  choose(picking: Picking): void {
    const { kernels, device, weights, state } = this.#host;
    const { head } = weights;
    const { logits, bestLogit, bestRow, chances, choices, ring } = state;
    const common = { state: state.state, ring, ringSize: RING };
    if (picking === "greedy")
      kernels.sampleGreedy.launch([1], {
        ...{ bestLogit, bestRow, ...common, count: logitPrograms(device, head), ...this.#tiles.greedy },
      });
    else kernels.sampleTop.launch([1], { logits, ...common, count: head.rows, chances, choices, ...this.#tiles.top });
  }
}
