import type { EnvironmentReport } from "../../compiler/backends/triton/index.js";
import type { Examination, Finding } from "./finding.js";

const COMPILING = "no cubins can be built here; check, the CPU executor and bundles that are built already work";

function pythonFinding({ systemPython, pythonVersion, folder, uv }: EnvironmentReport): Finding {
  const installer = uv ? `, uv at ${uv}` : "";
  if (pythonVersion) return { name: "Python", state: "ok", found: `${pythonVersion} in ${folder}${installer}` };
  if (systemPython instanceof Error)
    return {
      name: "Python",
      state: "missing",
      found: systemPython.missing,
      costs: COMPILING,
      remedy: systemPython.hint,
    };
  return { name: "Python", state: "ok", found: `${systemPython.version} at ${systemPython.path}${installer}` };
}

function tritonFindings({ triton, ptxas, folder }: EnvironmentReport): Finding[] {
  if (!triton) {
    const absent = {
      state: "missing",
      found: `not installed in ${folder}`,
      costs: COMPILING,
      remedy:
        "the first tilescript build (or npm start in a clone) installs it where there are Python 3 and a network: 0.3 GB to download, 1.1 GB there",
    } as const;
    return [{ name: "Triton", ...absent }];
  }
  const assemblers = ptxas
    ? [{ name: "ptxas", state: "ok", found: `${ptxas.current} for sm_90 and above, ${ptxas.legacy} below` } as const]
    : [];
  return [{ name: "Triton", state: "ok", found: triton }, ...assemblers];
}

async function modelFinding(): Promise<Finding> {
  const { findDemoModel, isHubReference } = await import("../../runtime/weights/index.js");
  const reference = process.env.TILESCRIPT_MODEL;
  if (reference !== undefined && isHubReference(reference))
    return { name: "Model", state: "ok", found: `${reference}, which is pulled when it is needed` };
  try {
    return { name: "Model", state: "ok", found: findDemoModel() };
  } catch {
    const named = process.env.TILESCRIPT_MODEL;
    return {
      name: "Model",
      state: "missing",
      found: named ? `TILESCRIPT_MODEL names ${named}, which does not exist` : "the demo model is not installed",
      costs: "generate, chat and eval need -m FILE.gguf",
      remedy:
        "name a GGUF file in TILESCRIPT_MODEL; tilescript pull demo installs the demo model where there are Python 3 and a network",
    };
  }
}

export const python: Examination = async () => {
  const { inspectEnvironment } = await import("../../compiler/backends/triton/index.js");
  const report = await inspectEnvironment();
  return [pythonFinding(report), ...tritonFindings(report), await modelFinding()];
};
