/** SVG to PNG, the same on any machine: the renderer is WebAssembly, and the font comes with it. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

type Renderer = typeof import("@resvg/resvg-wasm");

const packaged = (name: string): Buffer => readFileSync(createRequire(import.meta.url).resolve(name));

let renderer: Promise<Renderer> | undefined;

/** The library refuses to be initialised twice. */
function loaded(): Promise<Renderer> {
  renderer ??= (async () => {
    const resvg = await import("@resvg/resvg-wasm");
    await resvg.initWasm(packaged("@resvg/resvg-wasm/index_bg.wasm"));
    return resvg;
  })();
  return renderer;
}

const font = () => [
  packaged("@fontsource/lato/files/lato-latin-400-normal.woff2"),
  packaged("@fontsource/lato/files/lato-latin-700-normal.woff2"),
];

/** The drawing as PNG, `scale` times its size: 2 is sharp on today's screens. */
export async function toPng(svg: string, { scale = 2 }: { readonly scale?: number } = {}): Promise<Uint8Array> {
  const { Resvg } = await loaded();
  const image = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers: font(), defaultFontFamily: "Lato", sansSerifFamily: "Lato" },
  });
  try {
    return image.render().asPng();
  } finally {
    image.free();
  }
}
