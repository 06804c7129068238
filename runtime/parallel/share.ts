import type { Dealing } from "./dealing.js";
import type { Exchange, Meeting } from "./exchange.js";

/** What one rank's attention is told of the others. */
export interface Share {
  readonly rank: number;
  readonly dealing: Dealing;
  readonly exchange: Exchange;
  /** Whether the rows that a rank owns are those of all, mapped twice, and none is copied: `DeviceGroup.mapped`. */
  readonly mapped: boolean;
  /** Where candidates are exchanged: of a decode step, and of a chunk of a prompt. */
  readonly meetings: { readonly step: Meeting; readonly chunk: Meeting };
}

/** Bytes of a row's candidates: scores f64 and positions i32. */
export const candidateBytes = (topK: number): number => topK * 12;
