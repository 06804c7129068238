export interface Llama3Scaling {
  readonly base: number;
  readonly rotated: number;
  /** Tokens of the window before it was stretched. */
  readonly original: number;
  /** What frequencies with fewer than `low` turns in that window are divided by; those with more than `high` stay. */
  readonly factor: number;
  readonly low: number;
  readonly high: number;
}

/** The rotated / 2 divisors of Llama 3.1's rule, as GGUF files have them in rope_freqs.weight. In between the frequency, not the divisor, is blended. */
export function llama3Factors({ base, rotated, original, factor, low, high }: Llama3Scaling): Float32Array {
  return Float32Array.from({ length: rotated / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * base ** ((2 * i) / rotated);
    const turns = original / wavelength;
    if (turns > high) return 1;
    if (turns < low) return factor;
    const smooth = (turns - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
