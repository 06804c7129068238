const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** 812 bytes, 98 MB, 4.9 GB: powers of 1000, as the Hub's pages and disks have them. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.6 would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
