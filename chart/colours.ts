/** Colours that people with any kind of sight can tell apart. */

/** Okabe and Ito's, without yellow, which is too light for a line on white. */
export const SERIES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444"] as const;

export const seriesColour = (index: number): string => SERIES[index % SERIES.length]!;

type Rgb = readonly [number, number, number];

/** Bad to good, through a light middle: red and blue differ to the colour-blind, and in grey the middle stands out. */
const SCALE: readonly Rgb[] = [
  [178, 54, 46],
  [233, 138, 92],
  [250, 233, 177],
  [129, 183, 209],
  [38, 103, 168],
];

function mixed(share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (SCALE.length - 1);
  const index = Math.min(SCALE.length - 2, Math.floor(at));
  const [low, high] = [SCALE[index]!, SCALE[index + 1]!];
  const part = at - index;
  return [0, 1, 2].map((channel) =>
    Math.round(low[channel]! + (high[channel]! - low[channel]!) * part),
  ) as unknown as Rgb;
}

/** The colour of 0 (bad) to 1 (good). */
export const shareColour = (share: number): string =>
  `#${mixed(share)
    .map((channel) => channel.toString(16).padStart(2, "0"))
    .join("")}`;

/** Text on that colour. */
export function inkOn(share: number): string {
  const [red, green, blue] = mixed(share);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#1f2933" : "#ffffff";
}
