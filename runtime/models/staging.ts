import { Allocations } from "../device/allocations.js";
import { upload } from "../device/arrays.js";
import type { DeviceBuffer, FileCopy, UploadOptions } from "../device/device.js";
import type { Format } from "../kernels/linear/weights.js";
import { TILES } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { MatrixShape, UploadTarget } from "./upload.js";

/** A tensor that does not lie on the device as it does in the file. */
export interface Staged {
  readonly from: Omit<FileCopy, "to">;
  readonly format: Format;
  readonly bytesOfRow: number;
  readonly tensorRows: number;
  /** Rows that are wanted, in their order; all where there is none. */
  readonly order: Int32Array | undefined;
  readonly rows: number;
  /** Of the matrix that the rows go into, and where in it. */
  readonly shape: MatrixShape;
  readonly to: DeviceBuffer;
}

/** Bytes of scratch memory that tensors come through together, if none is larger: enough to keep the bus busy. */
const ROOM = 256 << 20;

/** Tensors start where every kernel may take them as aligned. */
const aligned = (bytes: number): number => cdiv(bytes, 256) * 256;

/** Floats that a kernel widens or narrows; all else is dequantised. */
const FLOATS: ReadonlySet<Format> = new Set(["f32", "f16", "bf16"]);

/** Brings tensors onto a device over scratch memory, where kernels put their rows in order and convert them. */
export class Staging {
  readonly #target: UploadTarget;
  readonly #staged: Staged[] = [];

  constructor(target: UploadTarget) {
    this.#target = target;
  }

  add(staged: Staged): void {
    this.#staged.push(staged);
  }

  /** Does `copies` and all that was added. Progress counts the bytes of both. */
  async run(copies: readonly FileCopy[], { signal, onProgress }: UploadOptions): Promise<void> {
    const { device } = this.#target;
    const groups = this.#groups();
    const room = Math.max(0, ...groups.map(({ bytes }) => bytes));
    const reordered = Math.max(0, ...this.#staged.map((one) => (needsBoth(one) ? one.rows * one.bytesOfRow : 0)));
    const scratch = new Allocations(device);
    let before = 0;
    try {
      const [raw, ordered] = [scratch.alloc(room), scratch.alloc(reordered)];
      for (const [index, { members, bytes }] of (groups.length > 0 ? groups : [EMPTY]).entries()) {
        const direct = index === 0 ? copies : [];
        const through = members.map(({ staged, at }) => ({ ...staged.from, to: raw.view(at, staged.from.bytes) }));
        const total = before + [...direct, ...through].reduce((sum, copy) => sum + copy.bytes, 0);
        await device.upload([...direct, ...through], {
          signal,
          onProgress: onProgress && ((done) => onProgress(before + done)),
        });
        before = total;
        for (const { staged, at } of members) {
          const order = staged.order && (await upload(scratch, staged.order));
          this.#finish(staged, raw.view(at, staged.from.bytes), order, ordered);
        }
        if (bytes > 0) await device.synchronize();
      }
    } finally {
      scratch.free();
    }
  }

  #groups(): { members: { staged: Staged; at: number }[]; bytes: number }[] {
    const groups: { members: { staged: Staged; at: number }[]; bytes: number }[] = [];
    for (const staged of this.#staged) {
      const bytes = aligned(staged.from.bytes);
      let last = groups.at(-1);
      if (!last || last.bytes + bytes > ROOM) {
        last = { members: [], bytes: 0 };
        groups.push(last);
      }
      last.members.push({ staged, at: last.bytes });
      last.bytes += bytes;
    }
    return groups;
  }

  #finish(staged: Staged, raw: DeviceBuffer, order: DeviceBuffer | undefined, ordered: DeviceBuffer): void {
    if (!order) this.#convert(staged, raw);
    else if (needsConversion(staged)) {
      this.#reorder(staged, raw, order, ordered);
      this.#convert(staged, ordered);
    } else this.#reorder(staged, raw, order, staged.to);
  }

  #reorder({ rows, bytesOfRow: rowBytes }: Staged, from: DeviceBuffer, order: DeviceBuffer, out: DeviceBuffer): void {
    const { device, kernels } = this.#target;
    const { reorder } = TILES[device.traits.tiles];
    kernels.reorderRows.launch([rows, cdiv(rowBytes, reorder.BLOCK)], { from, order, out, rowBytes, ...reorder });
  }

  #convert({ format, rows: rowCount, shape, to: out }: Staged, from: DeviceBuffer): void {
    const { device, kernels } = this.#target;
    const { pad, dequantize } = TILES[device.traits.tiles];
    const { width, columns } = shape;
    if (FLOATS.has(format)) {
      const args = { from, out, rowCount, width, columns, ...pad, T: format };
      kernels.padRows.launch([rowCount, cdiv(columns, pad.BLOCK)], args);
      return;
    }
    const blockCount = columns / 32;
    kernels.dequantizeMatrix.launch([cdiv(rowCount, dequantize.R), cdiv(blockCount, dequantize.B)], {
      ...{ bytes: from, signed: from, halves: from, bf16: from, out, rowCount, blockCount, ...dequantize },
      FORMAT: format,
    });
  }
}

const EMPTY = { members: [], bytes: 0 };

const needsConversion = ({ format, shape }: Staged): boolean =>
  format !== shape.format || shape.columns !== shape.width;

const needsBoth = (staged: Staged): boolean => staged.order !== undefined && needsConversion(staged);
