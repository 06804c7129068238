/** Launches that a GPU refuses for what was compiled or for what its driver takes: thrown there, and by a checked CPU executor. */
import type { Argument, DescriptorArgument } from "./device.js";
import { LaunchError } from "./errors.js";

/** What of an argument should have been a multiple of 16. */
function place(value: Argument): string {
  const buffer = typeof value === "object" && "buffer" in value ? value.buffer : value;
  return typeof buffer === "object" && "address" in buffer
    ? `address 0x${buffer.address.toString(16)}`
    : String(buffer);
}

/** An argument breaks what every variant of the kernel takes for granted of it. */
export const promiseBroken = (kernel: string, parameter: string, expected: string, value: Argument): LaunchError =>
  new LaunchError({
    kernel,
    parameter,
    expected,
    got: place(value),
    hint: 'The kernel was built for such arguments only; alignment: "checked" in its build allows others.',
  });

/** What cuTensorMapEncodeTiled demands, checked first so that the error names the parameter. */
export function checkTensorMap(
  kernel: string,
  parameter: string,
  { buffer, strides }: DescriptorArgument,
  elementBytes: number,
): void {
  const fault = (expected: string, got: string) => new LaunchError({ kernel, parameter, expected, got });
  if (buffer.address % 16n !== 0n)
    throw fault("a tensor at a multiple of 16 bytes", `address 0x${buffer.address.toString(16)}`);
  const odd = strides.slice(0, -1).find((stride) => (stride * elementBytes) % 16 !== 0);
  if (odd !== undefined)
    throw fault("strides that are multiples of 16 bytes", `${odd} elements of ${elementBytes} bytes`);
}
