import type { Device, DeviceBuffer } from "../device/device.js";
import { blockTiles, TILES, type Tiles } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import { choiceArguments, mixtureOf } from "./experts.js";
import type { ModelHost } from "./host.js";
import { type Inner, type Pass, runLayer } from "./pass.js";
import { integerProduct, logitPrograms, rowProduct } from "./row-products.js";
import { type Sizes, sizesOf } from "./sizes.js";
import { RING } from "./state.js";
import { type LayerWeights, type Matrix, matrixArguments, rowArguments, weightArguments } from "./weights.js";

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
      const whole = rowProduct(device, matrix, "qkv", rowCount);
      const integers = integerProduct(device, matrix, rowCount);
      if (whole) kernels.decodeQkvRows.launch([whole.programs], { ...common, ...rowArguments(matrix), ...whole.tiles });
      else if (integers)
        kernels.decodeQkvIntegers.launch([integers.programs], {
          ...{ ...common, ...weightArguments(matrix), KP: this.#tiles.qkv.KP, ...integers.tiles },
        });
      else {
        const tiles = blocksOf(device, matrix, this.#tiles.qkv);
        kernels.decodeQkv.launch([cdiv(rowCount, tiles.R)], { ...common, ...weightArguments(matrix), ...tiles });
      }
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
    const common = { x: state[inner], out: norm ? state.product : state.residual, ADD: norm === undefined };
    const { rows: rowCount } = matrix;
    const whole = rowProduct(device, matrix, "add", rowCount);
    const integers = integerProduct(device, matrix, rowCount);
    const tiles = blocksOf(device, matrix, inner === "attention" ? this.#tiles.out : this.#tiles.down);
    if (whole)
      kernels.decodeAddRows.launch([whole.programs], { ...common, ...rowArguments(matrix), rowCount, ...whole.tiles });
    else if (integers)
      kernels.decodeAddIntegers.launch([integers.programs], {
        ...{ ...common, ...weightArguments(matrix), rowCount, ...integers.tiles },
      });
    else
      kernels.decodeAdd.launch([cdiv(rowCount, tiles.R)], {
        ...common,
        ...weightArguments(matrix),
        rowCount,
        ...tiles,
      });
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
    const whole = rowProduct(device, gateUp, "gateUp", outRows);
    const integers = integerProduct(device, gateUp, outRows);
    if (whole)
      kernels.decodeGateUpRows.launch([whole.programs], { ...common, ...rowArguments(gateUp), ...whole.tiles });
    else if (integers)
      kernels.decodeGateUpIntegers.launch([integers.programs], {
        ...{ ...common, ...weightArguments(gateUp), KP: this.#tiles.gateUp.KP, ...integers.tiles },
      });
    else {
      const tiles = blocksOf(device, gateUp, this.#tiles.gateUp);
      kernels.decodeGateUp.launch([cdiv(outRows, tiles.R)], { ...common, ...weightArguments(gateUp), ...tiles });
    }
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
    const programs = logitPrograms(device, head);
    const logitArguments = {
      ...{ x: residual, norm, logits, bestLogit, bestRow, ...this.#norm, rowCount: head.rows, tokens: config.tokens },
      ...{ cap: config.logitCap ?? 0, CAP: config.logitCap !== undefined },
    };
    const whole = rowProduct(device, head, "logits", head.rows);
    const integers = integerProduct(device, head, head.rows);
    if (whole)
      kernels.decodeLogitsRows.launch([programs], { ...logitArguments, ...rowArguments(head), ...whole.tiles });
    else if (integers)
      kernels.decodeLogitsIntegers.launch([programs], {
        ...{ ...logitArguments, ...weightArguments(head), KP: this.#tiles.logits.KP, ...integers.tiles },
      });
    else
      kernels.decodeLogits.launch([programs], {
        ...{ ...logitArguments, ...weightArguments(head), ...blocksOf(device, head, this.#tiles.logits, true) },
      });
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

/** The blocks of a matrix's rows, and tiles for them. */
function blocksOf<Tile extends { readonly B: number; readonly R: number }>(
  { traits }: Device,
  { columns }: Matrix,
  tile: Tile,
  takesTurns = false,
) {
  const blockCount = columns / 32;
  return { blockCount, ...blockTiles(traits.tiles, tile, blockCount, takesTurns) };
}
