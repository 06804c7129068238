import { TILES } from "../kernels/tiles.js";
import { cdiv, powerOfTwo } from "../tiling.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import { choiceArguments, manyRows, mixtureOf, mostTiles } from "./experts.js";
import type { PassHost } from "./host.js";
import { type LayerWeights, type Matrix, matrixArguments } from "./weights.js";

/**
 * The experts of a chunk of `tokens` tokens, whose normed residual is in its buffer, into the residual. What each expert has to do only the
 * device knows: programs are launched for the most there can be, and those without work end at once.
 */
export function runExperts(
  host: PassHost,
  buffers: ChunkBuffers,
  tokens: number,
  layer: LayerWeights,
  router: Matrix,
): void {
  const { kernels, config, device } = host;
  const { experts, routing } = mixtureOf(config, buffers.experts);
  const { count, used } = experts;
  const { order, starts, tileExpert, tileFirst, activation, product, weights } = routing;
  const all = TILES[device.traits.tiles];
  const tile = tokens < manyRows(experts) ? all.fewRows : all.manyRows;
  const tiles = mostTiles(tokens * used, experts, tile.BM);

  route(host, buffers, tokens, layer, router);
  const sorted = { order, starts };
  kernels.sortByExpert.launch([count], {
    chosen: routing.chosen,
    ...sorted,
    count: tokens * used,
    ...all.sortByExpert,
  });
  const map = { starts, tileExpert, tileFirst };
  kernels.tileByExpert.launch([count], { ...map, tiles, BM: tile.BM, EP: powerOfTwo(count), ...all.tileByExpert });

  const outRows = layer.gateUp.rows / count / 2;
  kernels.expertsGateUp.launch([tiles, cdiv(outRows, tile.BN)], {
    ...{ a: buffers.normed, ...matrixArguments(layer.gateUp), order, ...map, out: activation, used, outRows },
    ...{ blockCount: layer.gateUp.columns / 32, ...tile, ACT: config.activation },
  });
  const rowCount = layer.down.rows / count;
  kernels.expertsDown.launch([tiles, cdiv(rowCount, tile.BN)], {
    ...{ a: activation, ...matrixArguments(layer.down), order, ...map, product, rowCount },
    ...{ blockCount: layer.down.columns / 32, ...tile },
  });
  kernels.sumExperts.launch([tokens, cdiv(rowCount, all.sumExperts.BLOCK)], {
    ...{ product, weights, residual: buffers.residual, used, padded: rowCount, ...all.sumExperts },
  });
}

/** Which experts each token goes through. From the residual itself: its norm in bf16 would choose others where logits are close. */
function route(
  { kernels, config, device }: PassHost,
  buffers: ChunkBuffers,
  tokens: number,
  { feedForwardNorm: norm }: LayerWeights,
  router: Matrix,
): void {
  const { experts, routing } = mixtureOf(config, buffers.experts);
  const { routeTokens: tile } = TILES[device.traits.tiles];
  kernels.routeTokens.launch([cdiv(tokens, tile.BM), cdiv(experts.count, tile.BN)], {
    ...{ x: buffers.residual, norm, ...matrixArguments(router), logits: routing.logits },
    ...{ epsilon: config.rmsEpsilon, width: config.hidden, tokens, rowCount: experts.count },
    ...{ blockCount: router.columns / 32, ...tile },
  });
  kernels.chooseExperts.launch([tokens], choiceArguments(experts, routing));
}
