import type { BuildEntry, KernelEntry, Tuned } from "../../bundle/index.js";
import type { Measured, MeasuredBuild } from "./file.js";

const sorted = (record: object): string => JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

const identity = ({ constants, dtypes, options = {} }: BuildEntry | MeasuredBuild): string =>
  [constants, dtypes, options].map(sorted).join();

/** The build's number in the bundle; -1 where it is none of its builds any more. */
export const indexOf = (builds: readonly BuildEntry[], build: MeasuredBuild): number =>
  builds.findIndex((one) => identity(one) === identity(build));

type Choosing = Pick<KernelEntry, "builds" | "tune">;

/** What a launch gives itself: shapes that differ in nothing of it are one to the launcher. */
function knownToLaunches({ device, arch, sizes, builds }: Measured, tune: readonly string[]): string {
  const [{ constants, dtypes }] = builds as [MeasuredBuild, ...MeasuredBuild[]];
  const given = Object.entries(constants).filter(([name]) => !tune.includes(name));
  return [device, arch, sorted(sizes), sorted(Object.fromEntries(given)), sorted(dtypes)].join();
}

/** The build that loses least over several shapes: the least geometric mean of its times as multiples of the best. */
function leastLoss(group: readonly Measured[], builds: readonly BuildEntry[]): number {
  const losses = group.map(
    ({ builds: times }) =>
      new Map(times.map((one) => [indexOf(builds, one), Math.log(one.milliseconds / times[0]!.milliseconds)])),
  );
  const everywhere = [...losses[0]!.keys()].filter((build) => build >= 0 && losses.every((one) => one.has(build)));
  const loss = (build: number): number => losses.reduce((sum, one) => sum + one.get(build)!, 0);
  return everywhere.reduce((best, build) => (loss(build) < loss(best) ? build : best), everywhere[0] ?? -1);
}

/** What the manifest says of a kernel that was measured. Shapes whose winner is no build any more are left out, and counted. */
export function winnersOf(
  { builds, tune = [] }: Choosing,
  measured: readonly Measured[],
): { tuned: Tuned[]; lost: number } {
  const groups = new Map<string, Measured[]>();
  for (const one of measured) {
    const key = knownToLaunches(one, tune);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const found = [...groups.values()].map((group) => {
    const build = group.length > 1 ? leastLoss(group, builds) : indexOf(builds, group[0]!.builds[0]!);
    const { device, arch, sizes } = group[0]!;
    return { device, arch, shape: sizes, build };
  });
  const tuned = found.filter(({ build }) => build >= 0);
  return { tuned, lost: found.length - tuned.length };
}
