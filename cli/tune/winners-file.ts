import { join } from "node:path";
import {
  fingerprintOf,
  type Measured,
  measuredOf,
  readTuned,
  TUNED_VERSION,
  TunedFault,
  type TunedFile,
  tunedPath,
  winnersOf,
} from "../../compiler/build/tuned/index.js";
import { tilescriptVersion } from "../../compiler/build/version.js";
import { type KernelEntry, MANIFEST, type Manifest } from "../../compiler/bundle/index.js";
import type { Device } from "../../runtime/device/device.js";
import { writeWhole } from "../../runtime/files.js";
import { InputError } from "../report/errors.js";
import { systemText } from "../report/report.js";
import type { Tunable } from "./load-tuning.js";
import type { ShapeResult } from "./measure-kernel.js";

const shapeKey = ({ shape }: Pick<Measured, "shape">): string => JSON.stringify(Object.entries(shape).sort());

/** What was measured of a kernel, in the file beside it. */
export class WinnersFile {
  readonly path: string;
  /** Whether measurements of an earlier text of the kernel are there, which are dropped. */
  readonly isStale: boolean;
  readonly #file: TunedFile;
  readonly #fingerprint: string;
  readonly #tunable: Tunable;

  /** Throws InputError for a damaged file, before anything is measured. */
  constructor(tunable: Tunable) {
    this.path = tunedPath(tunable.file);
    this.#tunable = tunable;
    this.#fingerprint = fingerprintOf(tunable.bindings);
    this.#file = this.#read();
    const before = measuredOf(this.#file, tunable.entry.name);
    this.isStale = before !== undefined && before.fingerprint !== this.#fingerprint;
  }

  /** Adds what was measured to what is there of other shapes and devices. Gives all of it. */
  write(device: Device, results: readonly ShapeResult[]): readonly Measured[] {
    const { entry, manifest } = this.#tunable;
    const before = this.isStale ? [] : (measuredOf(this.#file, entry.name)?.measured ?? []);
    const now = results.map((result) => this.#measured(device, result, manifest.compiler.triton));
    const isReplaced = (old: Measured): boolean =>
      now.some((one) => one.device === old.device && shapeKey(one) === shapeKey(old));
    const measured = [...before.filter((old) => !isReplaced(old)), ...now];
    const kernels = { ...this.#file.kernels, [entry.name]: { fingerprint: this.#fingerprint, measured } };
    try {
      writeWhole(this.path, `${JSON.stringify({ version: TUNED_VERSION, kernels }, null, 2)}\n`);
    } catch (error) {
      const cause = systemText(error as NodeJS.ErrnoException);
      if (cause === undefined) throw error;
      throw new InputError(`${this.path} cannot be written: ${cause}`, "Put the kernel where you may write.");
    }
    return measured;
  }

  #measured(device: Device, { shape, sizes, timed }: ShapeResult, triton: string | null): Measured {
    return {
      device: device.name,
      arch: device.arch,
      tilescript: tilescriptVersion(),
      triton,
      date: new Date().toISOString(),
      shape: { ...shape },
      sizes: { ...sizes },
      builds: timed.map(({ build, milliseconds }) => ({
        constants: build.constants,
        dtypes: build.dtypes,
        options: build.options ?? {},
        milliseconds: Number(milliseconds.toPrecision(4)),
      })),
    };
  }

  #read(): TunedFile {
    try {
      return readTuned(this.path) ?? { version: TUNED_VERSION, kernels: {} };
    } catch (error) {
      if (!(error instanceof TunedFault)) throw error;
      throw new InputError(
        `${this.path}:${error.line}: ${error.message}`,
        "Mend the file, or remove it to begin anew.",
      );
    }
  }
}

/** Puts the winners into the bundle that was measured, so that launches from it take them too. */
export function writeIntoBundle(
  folder: string,
  manifest: Manifest,
  entry: KernelEntry,
  measured: readonly Measured[],
): void {
  const { tuned } = winnersOf(entry, measured);
  const kernels = manifest.kernels.map((kernel) => (kernel.name === entry.name ? { ...kernel, tuned } : kernel));
  writeWhole(join(folder, MANIFEST), `${JSON.stringify({ ...manifest, kernels }, null, 1)}\n`);
}
