import { command } from "../command.js";
import { type GenerationOptions, generationOptions } from "../options/generation.js";
import { number, positive } from "../options/integers.js";

type ServeOptions = Pick<GenerationOptions, "model" | "device" | "devices" | "bundle" | "context" | "attention"> & {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly sequences?: number;
  readonly queue: number;
};

/** Of what `generate` takes, what is of the model and not of one answer. */
const MODEL_OPTIONS = ["--model", "--device", "--devices", "--bundle", "--context", "--attention"];

export default command<ServeOptions>({
  name: "serve",
  usage: "",
  summary: "Answer over HTTP, as OpenAI's API does.",
  about:
    "/v1/chat/completions and /v1/completions (whole or streamed), /v1/models, /tokenize, /detokenize, /health, /metrics, and a page to chat at /. " +
    "A request's field that is not heeded is refused by name. Listens at this machine alone; where others can reach it, a token is asked for.",
  options: [
    ...generationOptions.filter(({ flags }) => MODEL_OPTIONS.some((name) => flags.includes(name))),
    {
      flags: "-p, --port <number>",
      about: "0 takes a free one",
      parse: number((value) => Number.isInteger(value) && value >= 0 && value < 65536, "a port from 0 to 65535"),
      default: 8080,
    },
    { flags: "--host <address>", about: "where to listen; 0.0.0.0 is everywhere", default: "127.0.0.1" },
    { flags: "--token <text>", about: "what callers must send as a bearer token (default: $TILESCRIPT_TOKEN)" },
    {
      flags: "--sequences <number>",
      about: "answers at a time, up to 64; others wait (default: 8; several devices give one)",
      parse: positive,
    },
    { flags: "--queue <number>", about: "requests that may run or wait at a time", parse: positive, default: 256 },
  ],
  examples: [
    "tilescript serve --model model.gguf",
    "TILESCRIPT_TOKEN=$(openssl rand -hex 16) tilescript serve --host 0.0.0.0 --port 8000",
  ],
  async run({ options, signal }) {
    const { serveModel } = await import("../generate/serve.js");
    return serveModel(options, signal);
  },
});
