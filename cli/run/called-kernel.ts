import { InputError } from "../report/errors.js";

/** JavaScript knows a kernel as an object: whoever calls it like a function is told how it is launched. Other errors stay as they are. */
export function explainCalledKernel(error: unknown, kernels: readonly string[]): unknown {
  if (!(error instanceof TypeError)) return error;
  const name = /([\w$]+) is not a function$/.exec(error.message)?.[1];
  if (name === undefined || !kernels.includes(name)) return error;
  const explained = new InputError(
    `${name} is a kernel, which is launched and not called`,
    `Load it and launch it over a grid: const { ${name} } = await device.load(kernels); ${name}.launch([programs], { … }).`,
  );
  explained.stack = error.stack;
  return explained;
}
