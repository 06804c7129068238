export const DIRECTED: Readonly<Record<string, (...of: number[]) => number>>;
export function fma(a: number, b: number, c: number): number;
