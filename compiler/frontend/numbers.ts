/**
 * Whether a literal's text is a float: it has a point or an exponent. `1.0` and `1e-5` are floats, `1`, `0xff` and `1_000` integers;
 * formatters keep `1.0`.
 */
export function isFloatText(text: string): boolean {
  return !/^0[xXbBoO]/.test(text) && /[.eE]/.test(text);
}
