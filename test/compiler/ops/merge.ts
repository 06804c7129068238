import { declaredNames, type Kernel, type Param, renameIn } from "../../../compiler/ir/index.js";
import * as d from "../ir/draft.js";

/** One kernel that does what several do, one after another: fewer kernels to compile. */
export function merged(name: string, kernels: readonly Kernel[]): Kernel {
  const parts = kernels.map(({ params, body }, index) => {
    const names = [...params.map((param) => param.name), ...declaredNames(body)];
    const fresh = new Map(names.map((one) => [one, `${one}_${index}`]));
    const renamed = params.map((param): Param => ({ ...param, name: fresh.get(param.name)! }));
    return { params: renamed, body: renameIn(body, fresh) };
  });
  return d.kernel(
    name,
    parts.flatMap(({ params }) => params),
    parts.flatMap(({ body }) => body),
    { builds: [d.build()] },
  );
}
