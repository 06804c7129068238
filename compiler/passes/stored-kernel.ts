import { type ConstValue, type DType, IrFormatError, isOfBuild, type Kernel, parseKernel } from "../ir/index.js";
import { InvalidIrError, verify } from "./verify.js";

/** What a bundle's manifest says of a kernel whose IR it stores. */
export interface Described {
  readonly name: string;
  readonly dtypes: Readonly<Record<string, DType>>;
  readonly builds: readonly { readonly constants: Readonly<Record<string, ConstValue>> }[];
}

/** What a message quotes of IR that may be of any length. */
const QUOTED = 400;

const sorted = (names: Iterable<string>): string => [...names].sort().join();
const entries = (values: object): string => sorted(Object.entries(values).map(([name, value]) => `${name}=${value}`));

/** The kernel of an IR file that may come from anywhere: legal, typed, and the one described. Throws IrFormatError for any other. */
export function storedKernel(text: string, { name, dtypes, builds }: Described): Kernel {
  const kernel = parseKernel(text);
  try {
    verify(kernel, "the file");
  } catch (error) {
    if (!(error instanceof InvalidIrError)) throw error;
    throw new IrFormatError(`the IR is not that of a kernel, at ${error.finding.slice(0, QUOTED)}`, { cause: error });
  }
  const open = sorted(kernel.params.filter(isOfBuild).map((param) => param.name));
  if (kernel.name !== name || entries(kernel.dtypes) !== entries(dtypes))
    throw new IrFormatError(`the IR is that of another kernel than ${name}`);
  if (builds.some(({ constants }) => sorted(Object.keys(constants)) !== open))
    throw new IrFormatError("the IR has other constants than the builds");
  return kernel;
}
