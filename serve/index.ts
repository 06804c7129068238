/** A model behind HTTP, as OpenAI's API: what `tilescript serve` runs. */

export { type Server, serve } from "./server.js";
export type { ServeSettings } from "./settings.js";
