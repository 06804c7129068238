import { RECORD, STATE } from "../../runtime/kernels/sample/record.js";
import { type Buffers, type CaseBuffer, encode } from "./case.js";

/** A sequence before a step, as far as it matters to kernels that know it by its address. */
export interface Sequence {
  /** The token that was picked last, of so many. */
  readonly token: number;
  readonly step: number;
  readonly shaping?: CaseBuffer;
}

/** `records`, a table of records by address, 0 where a row is nobody's; and what it leads to. */
export function sequences(rows: readonly (Sequence | undefined)[]): Buffers<CaseBuffer> {
  const buffers: Record<string, CaseBuffer> = {};
  const addresses: { readonly at: number; readonly of: string }[] = [];
  for (const [row, sequence] of rows.entries()) {
    if (!sequence) continue;
    const { token, step, shaping } = sequence;
    const record = new Int32Array(RECORD.ring);
    record[STATE.token] = token;
    record[STATE.step] = step;
    const of = `shaping ${row}`;
    if (shaping) buffers[of] = shaping;
    const [name, own] = [`record ${row}`, shaping ? [{ at: RECORD.shaping, of }] : []];
    buffers[name] = { dtype: "i32", data: encode("i32", record), addresses: own };
    addresses.push({ at: 2 * row, of: name });
  }
  return { ...buffers, records: { dtype: "i32", data: new Int32Array(2 * rows.length), addresses } };
}
