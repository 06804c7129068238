/** Whole numbers as people write them. */

const FACTORS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** 512, 8k (8192), 1M (1,048,576), 1_000, 1.5k; undefined for what is no whole number. */
export function readInteger(text: string): number | undefined {
  const match = /^(\d[\d_]*(?:\.\d+)?)([kmg]?)$/i.exec(text.trim());
  const value = Number(match?.[1]?.replaceAll("_", "")) * (FACTORS[match?.[2]?.toLowerCase() ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The shortest that `readInteger` reads back: 8192 → 8k, 1048576 → 1M, 1000 → 1000. */
export function integerText(value: number): string {
  for (const [suffix, factor] of [
    ["G", 1024 ** 3],
    ["M", 1024 ** 2],
    ["k", 1024],
  ] as const)
    if (value >= factor && value % factor === 0) return `${value / factor}${suffix}`;
  return String(value);
}
