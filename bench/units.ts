/** Rates as text, three digits of them: a CPU gives a thousandth of what a GPU does. */

const inUnits =
  (large: string, small: string) =>
  (value: number): string =>
    value >= 0.1 || value === 0 ? `${digits(value)} ${large}` : `${digits(value * 1000)} ${small}`;

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Of TB/s. */
export const memoryRate = inUnits("TB/s", "GB/s");
/** Of TFLOP/s. */
export const productRate = inUnits("TFLOP/s", "GFLOP/s");
