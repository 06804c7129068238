import { abortable } from "../device/abortable.js";
import type { Chunk } from "./attention/attention.js";
import { isTimeToLook } from "./chunks.js";
import type { PrefillOptions, SamplingChoice } from "./runner.js";

/** Who reads a prompt chunk by chunk: a sequence on a device, or on several. */
export interface Reader {
  grow(tokens: number): void;
  begin(sampling: SamplingChoice, prompt?: readonly number[]): Promise<void>;
  chunks(past: number, count: number): Chunk[];
  read(chunk: Chunk, tokens: readonly number[]): Promise<void>;
  /** Resolves when what is queued has run. */
  settled(): Promise<void>;
}

/** Runs `tokens` after the `past` ones that the cache holds already, and picks the token that follows. */
export async function readPrompt(
  reader: Reader,
  tokens: readonly number[],
  past: number,
  sampling: SamplingChoice,
  { signal, onProgress }: PrefillOptions,
): Promise<void> {
  // Whoever stops does not wait for the chunk that runs: it takes seconds where processors compute it.
  const wait = (queued: Promise<void>) => abortable(queued, signal);
  reader.grow(past + tokens.length);
  await wait(reader.begin(sampling, tokens));
  let queued = 0;
  for (const chunk of reader.chunks(past, tokens.length)) {
    const start = chunk.past - past;
    await wait(reader.read(chunk, tokens.slice(start, start + chunk.count)));
    if (!chunk.last && isTimeToLook(chunk, ++queued)) await wait(reader.settled());
    onProgress?.(start + chunk.count);
  }
}
