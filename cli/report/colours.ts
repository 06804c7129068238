import pc from "picocolors";

/** Colours for one stream: only where a person looks at it, and not against NO_COLOR. (picocolors itself also colours under CI.) */
export const colours = (stream: { readonly isTTY?: boolean }): ReturnType<typeof pc.createColors> =>
  pc.createColors(Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb");
