import { outsideKernel } from "../outside.js";
import type { MaskLike } from "../types.js";

/** How `devicePrint` writes. */
export interface PrintOptions {
  /** Integers in hexadecimal, floats as C's %a writes them. Default false. */
  readonly hex?: boolean;
}

/** What `deviceAssert` asks. */
export interface AssertOptions {
  /** Elements that are asked. Default: all. */
  readonly mask?: MaskLike;
}

/**
 * Prints each element of each value as the kernel runs, with the program and the element's index:
 * `pid (1, 0, 0) idx ( 3) total: 0.500000`. The text is of ASCII. On a GPU each thread prints what it holds, in any order, to standard output.
 * The CPU executor prints programs in the order of the grid (x fastest), values one after another and elements in row-major order, to
 * the device's `print`, as soon as the program waits for the launch. Triton: `tl.device_print`.
 *
 * @example devicePrint("total", total, { hex: true });
 */
export function devicePrint(text: string, ...values: readonly (number | boolean)[]): void;
export function devicePrint(text: string, ...values: readonly [...(number | boolean)[], PrintOptions]): void;
export function devicePrint(text: string, ...values: readonly unknown[]): void {
  outsideKernel("devicePrint", text, ...values);
}

/**
 * Ends the launch where the condition does not hold for an element that `mask` does not leave out. On the CPU executor always, with a
 * LaunchError that names the place, the program and the message; on a GPU in builds with `debug: true` alone, where the driver writes the
 * message to standard error and the context is lost. Triton: `tl.device_assert`.
 *
 * @example deviceAssert(index < n, "the index is inside", { mask: live });
 */
export function deviceAssert(condition: MaskLike, message: string, options?: AssertOptions): void {
  outsideKernel("deviceAssert", condition, message, options);
}

/**
 * Says as the kernel is checked and built what its values are, once for each build: texts and constants themselves, of all else the type with
 * its sizes. It comes as a note with its place, in `check --json` too. Triton: `tl.static_print`.
 *
 * @example staticPrint("rows of", BLOCK, load(x + arange(0, BLOCK))); // rows of 64 Tile<[64], f32>
 */
export function staticPrint(...values: readonly unknown[]): void {
  outsideKernel("staticPrint", ...values);
}
