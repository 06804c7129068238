import { lineChart, type Point, type Series } from "../../chart/index.js";
import { integerText } from "../../runtime/integers.js";
import type { ModelConfig } from "../../runtime/models/config.js";
import { memorySpeed } from "../rates.js";
import { memoryRate, productRate } from "../units.js";
import { type Best, firstTokenFloor, tokenFloor } from "./floors.js";
import type { LongContextResults, Row } from "./results.js";

export interface Charts {
  readonly token: string;
  /** Undefined where no prompt was read. */
  readonly firstToken: string | undefined;
}

/** Both charts as SVG, each with the rooflines of what the device was measured to give. */
export function longContextCharts(results: LongContextResults, config: ModelConfig, weightBytes: number): Charts {
  const { rows, matmulTFLOPs = 0, device } = results;
  const best: Best = { memoryTBs: memorySpeed(results), matmulTFLOPs };
  const subtitle = `${config.name || results.model?.name || "model"} on ${device}`;
  const rates = (rate: string) => `${subtitle}; rooflines: ${rate}, measured there`;
  const roofOver =
    (shown: readonly Row[]) =>
    (name: string, floor: (tokens: number) => number): Series => ({
      name,
      points: between(shown.map(({ tokens }) => tokens)).map((tokens) => [tokens, floor(tokens)]),
    });
  const roof = roofOver(rows);
  const prompts = rows.filter(({ firstTokenMs }) => firstTokenMs !== undefined);
  const roofOfPrompts = roofOver(prompts);
  return {
    token: lineChart({
      title: "Time per token",
      subtitle: rates(`memory at ${memoryRate(best.memoryTBs)}`),
      x: { label: "tokens in the cache", scale: "log2", format: integerText },
      y: { label: "milliseconds", scale: "log10" },
      series: seriesOf(rows, ({ tokenMs }) => tokenMs),
      references: [
        roof("roofline: weights and keys in 8 bits once", (tokens) =>
          tokenFloor(config, weightBytes, best, tokens, "quantized keys"),
        ),
        roof("roofline: weights, keys and values once", (tokens) =>
          tokenFloor(config, weightBytes, best, tokens, "keys and values"),
        ),
      ],
    }),
    firstToken:
      prompts.length > 0
        ? lineChart({
            title: "Time to first token",
            subtitle: matmulTFLOPs > 0 ? rates(`matrix products at ${productRate(matmulTFLOPs)}`) : subtitle,
            x: { label: "tokens of the prompt", scale: "log2", format: integerText },
            y: { label: "seconds", scale: "log10" },
            series: seriesOf(rows, ({ firstTokenMs }) => firstTokenMs && firstTokenMs / 1000),
            references:
              matmulTFLOPs > 0
                ? [
                    roofOfPrompts(
                      "roofline: exact retrieval and weights",
                      (n) => firstTokenFloor(config, best, n, "retrieval") / 1000,
                    ),
                    roofOfPrompts(
                      "roofline: dense attention and weights",
                      (n) => firstTokenFloor(config, best, n, "dense attention") / 1000,
                    ),
                  ]
                : [],
          })
        : undefined,
  };
}

/** One curve a mode, of the rows that have the value; modes of one kind are told apart by their parameters. */
function seriesOf(rows: readonly Row[], value: (row: Row) => number | undefined) {
  return [...new Set(rows.map(({ attention }) => attention))].map((name) => ({
    name: name.replaceAll(",", ", ").replace(":", ": "),
    points: rows.flatMap((row): Point[] => {
      const y = row.attention === name ? value(row) : undefined;
      return y === undefined ? [] : [[row.tokens, y]];
    }),
  }));
}

/** Lengths from the least to the most in steps of at the most a half octave: rooflines bend. */
function between(lengths: readonly number[]): number[] {
  const [low, high] = [Math.min(...lengths), Math.max(...lengths)];
  const steps = Math.max(1, Math.ceil(2 * Math.log2(high / low)));
  return Array.from({ length: steps + 1 }, (_, index) => low * (high / low) ** (index / steps));
}
