import { requirePackage } from "../../compiler/store/index.js";
import type { CheckedOptions } from "./cpu/checked/checks.js";
import type { Device } from "./device.js";
import { DeviceError, type UnavailableError } from "./errors.js";

/** Which device, and how it checks. */
export interface OpenOptions {
  /** `cuda` fails where there is no GPU. Default: what TILESCRIPT_DEVICE says, else a GPU if there is one, else the CPU executor. */
  readonly prefer?: "cuda" | "cpu";
  /** Takes each line that devicePrint prints on the CPU executor. Default: standard output, to which a GPU's driver writes by itself. */
  readonly print?: (line: string) => void;
  /**
   * On the CPU executor, which it asks for: also finds memory that is read before anybody has written it, programs of one launch that race, and
   * arguments that a GPU would refuse; with `nan` the op that makes the first NaN or infinity. Launches are slower, and each runs on one thread.
   * Default: what TILESCRIPT_CHECKED and TILESCRIPT_ORDER say, which `tilescript run --checked` sets.
   */
  readonly checked?: boolean | CheckedOptions;
  /** Called where the CPU executor is taken because there is no GPU, with the reason. */
  readonly onFallback?: (reason: UnavailableError) => void;
}

const OPENERS = {
  cuda: async (_options: OpenOptions): Promise<Device> => (await import("./cuda/index.js")).CudaDevice.open(),
  cpu: async ({ print, checked }: OpenOptions): Promise<Device> =>
    (await import("./cpu/index.js")).CpuDevice.open({ print, checked }),
} as const;

/** What makes the CPU executor look for more, or tell more: see `tilescript run --checked` and `--trace`. */
const LOOKING = ["TILESCRIPT_CHECKED", "TILESCRIPT_ORDER", "TILESCRIPT_TRACE"] as const;

function wanted(prefer: OpenOptions["prefer"]): "cuda" | "cpu" | undefined {
  const named = prefer ?? (process.env.TILESCRIPT_DEVICE || undefined);
  if (named === undefined || named === "cuda" || named === "cpu") return named;
  throw new DeviceError(`there is no device "${named}": TILESCRIPT_DEVICE is cuda or cpu, or not set`);
}

/**
 * Opens the best device there is, or the one that is wanted. Throws UnavailableError where a GPU is wanted and there is none, and CudaError
 * where there is one that does not work, InlinedError where a bundler has inlined this package.
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  requirePackage();
  const { prefer, onFallback } = options;
  const looks = options.checked ?? LOOKING.some((name) => process.env[name]);
  const kind = wanted(prefer) ?? (looks ? "cpu" : undefined);
  if (kind === "cuda" && looks)
    throw new DeviceError(
      `only the CPU executor checks and traces launches: leave prefer: "cuda" and TILESCRIPT_DEVICE out, or checked and ${LOOKING.join(", ")}.`,
    );
  if (kind) return remembered(await OPENERS[kind](options));
  try {
    return remembered(await OPENERS.cuda(options));
  } catch (error) {
    if ((error as Error).name !== "UnavailableError") throw error;
    onFallback?.(error as UnavailableError);
    return remembered(await OPENERS.cpu(options));
  }
}

const opened = new Set<Device>();

function remembered(device: Device): Device {
  for (const one of opened) if (one.closed) opened.delete(one);
  opened.add(device);
  return device;
}

/** Waits for what is queued on devices that are still open, so that a program does not end before its launches have failed. */
export async function settleDevices(): Promise<void> {
  for (const device of opened) if (!device.closed) await device.synchronize();
}
