/**
 * A disk on which one operation fails. A test file hands its modules to `faulty` (see there); what the code under test then calls of
 * node:fs and node:fs/promises is counted, so a new call in it is made to fail without anybody's thinking of it.
 */

export const disk = {
  /** Counts and fails only while this is true. */
  on: false,
  operations: 0,
  /** Number of the operation that fails, from 1. */
  failing: Number.POSITIVE_INFINITY,
  code: "EIO",
};

export const CODES = ["ENOSPC", "EIO", "EACCES", "EMFILE"] as const;

const isStruck = (): boolean => disk.on && ++disk.operations === disk.failing;
const error = (syscall: string, path: unknown): Error =>
  Object.assign(new Error(`${disk.code}: made up, ${syscall} '${String(path)}'`), { code: disk.code, syscall, path });

type Call = (...args: unknown[]) => unknown;

/** Handles give numbers to few calls and are proxies for the rest. */
const handle = (real: object): object =>
  new Proxy(real, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        const struck = isStruck();
        // A descriptor is free after close, whatever that says.
        if (struck && name !== "close") throw error(String(name), "handle");
        // Waiting for a real disk would tell nothing more.
        const result = name === "sync" ? undefined : await (member as Call).apply(target, args);
        if (struck) throw error(String(name), "handle");
        return result;
      };
    },
  });

/** The functions of node:fs/promises, or the synchronous ones of node:fs, so that they can fail: `vi.mock("node:fs", async (original) => faulty(await original()))`. */
export function faulty(real: object): object {
  const isPromises = "FileHandle" in real || !("readFileSync" in real);
  const members = Object.entries(real).map(([name, member]) => {
    if (typeof member !== "function" || name === "default") return [name, member];
    if (isPromises)
      return [
        name,
        async (...args: unknown[]) => {
          if (isStruck()) throw error(name, args[0]);
          const result = await (member as Call)(...args);
          return name === "open" ? handle(result as object) : result;
        },
      ];
    if (!name.endsWith("Sync") || name === "realpathSync") return [name, member];
    return [
      name,
      (...args: unknown[]) => {
        const struck = isStruck();
        if (struck && name === "existsSync") return false;
        if (struck && name !== "closeSync") throw error(name.replace("Sync", ""), args[0]);
        const result = (member as Call)(...args);
        if (struck) throw error("close", args[0]);
        return result;
      },
    ];
  });
  const module = Object.fromEntries(members) as object;
  return { ...module, default: module };
}

/**
 * Runs `attempt` with each of its operations failing once, until it has no more; gives how many there were. Which code an operation ends
 * with differs from run to run, so that all meet in time; ALL_FAULTS=1 takes every code for every operation.
 */
export async function failEach(attempt: (what: string) => Promise<void>): Promise<number> {
  const first = Math.floor(Math.random() * CODES.length);
  for (let failing = 1; ; failing++)
    for (const code of process.env.ALL_FAULTS ? CODES : [CODES[(first + failing) % CODES.length]!]) {
      Object.assign(disk, { failing, code, operations: 0, on: false });
      await attempt(`operation ${failing} ends with ${code}`);
      if (disk.operations < failing) return failing - 1;
    }
}

/** The part of an attempt that meets the fault. */
export async function onFaultyDisk<T>(work: () => Promise<T>): Promise<T> {
  disk.on = true;
  try {
    return await work();
  } finally {
    disk.on = false;
  }
}
