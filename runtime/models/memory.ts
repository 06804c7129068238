import { statSync } from "node:fs";
import type { Device } from "../device/device.js";
import { type Checkpoint, ModelError } from "../weights/index.js";

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Bytes of the tensors of a model, as they lie in its files. */
export const weightBytes = (checkpoint: Checkpoint): number =>
  [...checkpoint.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);

/** Bytes of all the files that a model's weights lie in. */
export const fileBytes = (checkpoint: Checkpoint): number =>
  [...new Set([...checkpoint.tensors.values()].map(({ file }) => file))].reduce(
    (sum, file) => sum + statSync(file).size,
    0,
  );

/**
 * The bytes of a model's weights, which fit into the device's free memory. @throws ModelError that says how many are missing and what
 * would fit
 */
export function requireRoom(device: Device, checkpoint: Checkpoint): number {
  const bytes = weightBytes(checkpoint);
  const { free } = device.memory();
  if (bytes <= free) return bytes;
  const weights = [...checkpoint.tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  const bits = Math.floor((free * 8) / weights);
  const fit =
    bits >= 3
      ? `Of this model, a file with at most ${bits} bits a weight would fit.`
      : `A model of at most ${gigabytes(free)} would fit.`;
  throw new ModelError(
    "model-too-large",
    `the weights take ${gigabytes(bytes)}, and ${device.name} has ${gigabytes(free)} free${device.traits.reach}: ${bytes - free} bytes are missing`,
    { file: checkpoint.path, hint: fit },
  );
}
