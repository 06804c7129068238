/** The builds that a launch could take, and those that need no measuring. */
import type { BuildEntry, KernelEntry } from "../../compiler/bundle/index.js";
import { isOptional, type Kernel } from "../../compiler/ir/index.js";
import { variantsFor } from "../../runtime/device/cuda/arch.js";
import { CudaDevice } from "../../runtime/device/cuda/index.js";
import type { Arguments, Device } from "../../runtime/device/device.js";
import { isBuild, isGiven } from "../../runtime/device/select.js";
import { InputError } from "../report/errors.js";

export interface Candidate {
  /** Its number among the kernel's builds. */
  readonly index: number;
  readonly build: BuildEntry;
  /** What it takes of a GPU, in the variant that most arguments launch. */
  readonly resources?: { readonly registers: number; readonly spillBytes: number; readonly sharedBytes: number };
  /** Why it is not measured. */
  readonly pruned?: string;
}

/** The same on all architectures (CUDA C++ Programming Guide, technical specifications by compute capability). */
const REGISTERS_OF_A_BLOCK = 65536;
const THREADS_OF_A_WARP = 32;

/** One of each choice of constants: the CPU executor has neither warps nor stages. */
const cpuCandidates = ({ builds }: KernelEntry): Candidate[] =>
  builds.map((build, index) => {
    const first = builds.findIndex((one) => isBuild(one, build));
    return { index, build, ...(first < index && { pruned: `on the CPU executor it is the same as build ${first}` }) };
  });

function gpuCandidates(entry: KernelEntry, device: CudaDevice): Candidate[] {
  const variants = variantsFor(entry, device.arch).map(({ variant }) => variant);
  return entry.builds.map((build, index): Candidate => {
    const own = variants.filter((one) => (one.build === undefined ? isBuild(build, one) : one.build === index));
    const [first] = own;
    if (!first) return { index, build, pruned: `it is not compiled for sm_${device.arch}` };
    const { registers, spillBytes } = first.resources;
    const { sharedBytes, warps } = first.launch;
    const room = device.facts.sharedBytesPerBlockOptIn;
    const taken = registers * THREADS_OF_A_WARP * warps;
    const pruned =
      sharedBytes > room
        ? `it needs ${sharedBytes} bytes of shared memory, and a block has ${room}`
        : taken > REGISTERS_OF_A_BLOCK
          ? `it needs ${taken} registers, and a block has ${REGISTERS_OF_A_BLOCK}`
          : undefined;
    return { index, build, resources: { registers, spillBytes, sharedBytes }, ...(pruned && { pruned }) };
  });
}

/** Prunes of builds that one launch may take those that spill: seldom the fastest where others do not. Where all spill they are compared. */
export function withoutSpills(candidates: readonly Candidate[]): readonly Candidate[] {
  const some = candidates.some(({ pruned, resources }) => pruned === undefined && resources?.spillBytes === 0);
  return candidates.map((one) => {
    const spills = one.resources?.spillBytes ?? 0;
    return some && one.pruned === undefined && spills > 0
      ? { ...one, pruned: `it spills ${spills} bytes a thread (--all measures it)` }
      : one;
  });
}

/** Every build of the kernel, with what is known of it on this device. */
export const candidatesOf = (entry: KernelEntry, device: Device): Candidate[] =>
  device instanceof CudaDevice ? gpuCandidates(entry, device) : cpuCandidates(entry);

/** Names of the parameters that a launch may leave out, which builds name beside their constants. */
export const optionalOf = ([kernel]: readonly Kernel[]): string[] =>
  kernel!.params.filter(isOptional).map(({ name }) => name);

/** Whether launches choose among the builds: these differ in more than in which of the `optional` parameters are given. */
export const isChoice = ({ builds }: KernelEntry, optional: readonly string[]): boolean =>
  new Set(builds.map(({ constants }) => optional.map((name) => constants[name]).join())).size < builds.length;

/** Whether a launch with these arguments may take the build: it has the constants, dtypes and optional parameters that they give. */
export const allows = ({ constants, dtypes }: BuildEntry, args: Arguments, optional: readonly string[]): boolean =>
  Object.entries({ ...constants, ...dtypes }).every(([name, value]) => {
    const wanted = optional.includes(name) ? isGiven(args[name]) : args[name];
    return wanted === undefined || wanted === value;
  });

/** Throws InputError where the builds differ in what a launch must give, and the tuning does not give it. */
export function requireGiven(
  { name, builds, tune = [] }: KernelEntry,
  args: Arguments,
  optional: readonly string[],
): void {
  const names = Object.keys({ ...builds[0]?.constants, ...builds[0]?.dtypes }).filter((one) => !optional.includes(one));
  const open = names.filter((one) => {
    const values = new Set(builds.map(({ constants, dtypes }) => constants[one] ?? dtypes[one]));
    return values.size > 1 && args[one] === undefined && !tune.includes(one);
  });
  if (open.length === 0) return;
  const list = open.join(", ");
  throw new InputError(
    `the tuning of ${name} launches it without ${list}, in which its builds differ`,
    `Where ${list} decides speed alone, say so beside the builds: tune: [${open.map((one) => `"${one}"`).join(", ")}]. Else give it in args.`,
  );
}
