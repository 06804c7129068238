import type { Estimate } from "../../eval/shared/estimate.js";

interface EstimateOptions {
  readonly signed?: boolean;
  /** How a number is written. Default: with one decimal. */
  readonly text?: (value: number) => string;
}

/** 41.2 ± 3.1: half of the interval of 95 %. */
export function estimateText(
  { mean, low, high }: Estimate,
  { signed = false, text = (value) => value.toFixed(1) }: EstimateOptions = {},
): string {
  if (Number.isNaN(mean)) return "-";
  const shown = `${signed && mean >= 0 ? "+" : ""}${text(mean)}`;
  return low === undefined || high === undefined ? shown : `${shown} ± ${text((high - low) / 2)}`;
}

/** Lines of a table, its first `names` columns to the left. */
export function tableText(head: readonly string[], body: readonly (readonly string[])[], names: number): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]!.length)));
  return [head, ...body].map((cells) =>
    cells
      .map((cell, column) => (column < names ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** What each mode of a table is, with all its parameters. */
export const modeLines = (modes: readonly { readonly attention: string }[]): string[] => [
  "",
  "Modes:",
  ...modes.map(({ attention }) => `  ${attention}`),
];
