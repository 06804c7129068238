import { accessSync, constants, statfsSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Examination } from "./finding.js";

const GIB = 1024 ** 3;
const OLDEST_NODE = [20, 19] as const;
const COMPILERS = ["c++", "g++", "clang++"];
/** What Triton's environment, the caches and the demo model take together. */
const DISK_NEEDED = 2 * GIB;

export const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

export const node: Examination = async () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const found = `${process.versions.node}, ${process.platform}-${process.arch}, ${availableParallelism()} cores, ${gib(freemem())} of ${gib(totalmem())} memory free`;
  return enough
    ? { name: "Node", state: "ok", found }
    : {
        name: "Node",
        state: "limited",
        found,
        costs: "untested, parts may fail",
        remedy: `install Node ${OLDEST_NODE.join(".")} or newer`,
      };
};

function onPath(program: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export const compiler: Examination = async () => {
  const found = COMPILERS.map(onPath).find((path) => path !== undefined);
  return found
    ? { name: "C++ compiler", state: "ok", found }
    : {
        name: "C++ compiler",
        state: "missing",
        found: `none of ${COMPILERS.join(", ")} on the PATH`,
        costs: "the native add-on cannot be built here; an add-on that is there already still works",
        remedy: "sudo apt-get install g++",
      };
};

export const disk: Examination = async () => {
  const folder = dirname(fileURLToPath(import.meta.url));
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return free >= DISK_NEEDED
    ? { name: "Disk", state: "ok", found: `${gib(free)} free` }
    : {
        name: "Disk",
        state: "limited",
        found: `${gib(free)} free`,
        costs: "Triton and the caches need about 2 GiB",
        remedy: "free some space",
      };
};
