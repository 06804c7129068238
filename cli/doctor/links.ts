import type { Addon, LinkFacts } from "../../runtime/native/index.js";
import type { Finding } from "./finding.js";

type Pair = readonly [number, number];

/** How fast, as far as the driver tells: it ranks links and does not name them. */
const kindOf = ({ performanceRank, nativeAtomics }: LinkFacts): string =>
  `link of rank ${performanceRank} (0 is the fastest here), ${nativeAtomics ? "native atomics, as over NVLink" : "no native atomics, as over PCIe"}`;

function linkFinding([one, other]: Pair, there: LinkFacts, back: LinkFacts): Finding {
  const name = `GPU ${one}, GPU ${other}`;
  const apart = [
    there.access || `GPU ${one} does not reach GPU ${other}`,
    back.access || `GPU ${other} does not reach GPU ${one}`,
  ];
  const found = apart.filter((side) => side !== true).join(", ");
  if (found)
    return {
      name,
      state: "missing",
      found: `no peer access: ${found}`,
      costs: "no model and no context can be spread over these two",
      remedy:
        "take GPUs of one NVLink or PCIe switch (nvidia-smi topo -m); an IOMMU or a virtual machine may keep them apart",
    };
  const reached: Finding = { name, state: "ok", found: `peer access, ${kindOf(there)}` };
  if (there.nativeAtomics && back.nativeAtomics) return reached;
  return { ...reached, state: "limited", costs: "what is exchanged between them takes longer than over NVLink" };
}

/** One finding for each pair of GPUs: whether they reach each other's memory. */
export function links(addon: Addon): readonly Finding[] {
  const count = addon.countDevices();
  const all = Array.from({ length: count }, (_, ordinal) => ordinal);
  return all.flatMap((one) =>
    all.slice(one + 1).map((other): Finding => {
      try {
        return linkFinding([one, other], addon.describeLink(one, other), addon.describeLink(other, one));
      } catch (error) {
        const found = `the driver does not tell: ${(error as Error).message}`;
        return { name: `GPU ${one}, GPU ${other}`, state: "limited", found };
      }
    }),
  );
}
