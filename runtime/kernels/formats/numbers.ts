import { bitcast, load, type Mask, type Pointer, type Ptr, type Tile, to, where } from "tilescript";

/*
 * Small integers become f32 by their bits: 2^23 + q holds q in its lowest bits, so or-ing q into the bits of 2^23 and subtracting that is
 * exact. A GPU subtracts at full speed and converts more slowly. In 2^19 + q the bits of q begin four higher, so the upper nibble of a byte
 * needs no shift.
 */
/** A weight matrix: one buffer seen as four dtypes. */
export interface Buffers {
  bytes: Ptr<"u8">;
  signed: Ptr<"i8">;
  halves: Ptr<"f16">;
  bf16: Ptr<"bf16">;
}

const TWO_TO_23 = 0x4b000000;
const TWO_TO_19 = 0x49000000;

/** q − zero in f32, exactly: q is an i32 from 0 to 2^23 − 1, and zero a small whole number. */
export function small(q: Tile, zero: number): Tile {
  return bitcast(q | TWO_TO_23, "f32") - (zero + 8388608.0);
}

/** The same of 16 · q, for the upper nibble of a byte and what is joined to it. */
export function sixteenth(q: Tile, zero: number): Tile {
  return bitcast(q | TWO_TO_19, "f32") - (zero + 524288.0);
}

/**
 * How a nibble of the lower half of a byte, or of the upper one, becomes a number: its bits in the byte, where it ends, and then as in `small`
 * or `sixteenth` the bits to or it into and the number to subtract.
 */
export function halfOfByte(upper: Mask): { nibble: Tile; end: Tile; held: Tile; base: Tile } {
  return {
    nibble: where(upper, 240, 15),
    end: where(upper, 256, 16),
    held: where(upper, TWO_TO_19, TWO_TO_23),
    base: where(upper, 524288.0, 8388608.0),
  };
}

/** The i8 whose bits are the lowest eight of an i32, in f32. With its sign bit flipped it is 128 more and not negative. */
export function smallSigned(bits: Tile): Tile {
  return bitcast((bits & 255) ^ (TWO_TO_23 | 128), "f32") - 8388736.0;
}

/** u8 as i32. */
export function loadBytes(at: Pointer, mask: Mask): Tile {
  return to(load(at, { mask, other: 0 }), "i32");
}

/** f16 as f32. */
export function loadHalves(at: Pointer, mask: Mask): Tile {
  return to(load(at, { mask, other: 0 }), "f32");
}

/** Two bytes as an i32 from 0 to 65535, through a pointer to bf16: of the 16-bit floats that one keeps its bits on the CPU executor too. */
export function loadPairs(at: Pointer, mask: Mask): Tile {
  return to(bitcast(load(at, { mask, other: 0 }), "i16"), "i32") & 65535;
}
