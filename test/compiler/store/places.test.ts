import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { expect, it } from "vitest";
import { environmentFolder } from "../../../compiler/backends/triton/index.js";
import { cacheFolder } from "../../../compiler/store/index.js";
import { hubSettings } from "../../../runtime/weights/hub/settings.js";

const own = join(userInfo().homedir, ".cache", "tilescript");

it.each([
  [{ HOME: "/home/me" }, "/home/me/.cache/tilescript"],
  [{ HOME: "/home/me", XDG_CACHE_HOME: "/var/me" }, "/var/me/tilescript"],
  [{ HOME: "/home/me", XDG_CACHE_HOME: "caches" }, "/home/me/.cache/tilescript"],
  [{ HOME: "/home/me", XDG_CACHE_HOME: "" }, "/home/me/.cache/tilescript"],
  [{ HOME: "" }, own],
  [{ HOME: "me" }, own],
  [{}, own],
  [{ HOME: "", TILESCRIPT_CACHE: "/somewhere" }, "/somewhere"],
  [{ HOME: "/home/me", TILESCRIPT_CACHE: "" }, "/home/me/.cache/tilescript"],
])("the cache for %j is %s", (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});

it("no variable of the user's, empty or relative, makes a folder in the working folder", () => {
  for (const HOME of ["", "me", ".", undefined])
    for (const XDG_CACHE_HOME of ["", "caches", "./caches", undefined]) {
      const env = { HOME, XDG_CACHE_HOME };
      for (const folder of [cacheFolder(env), environmentFolder(env), hubSettings(env).cacheFolder])
        expect(isAbsolute(folder) && (!folder.startsWith(process.cwd()) || folder === environmentFolder(env))).toBe(
          true,
        );
    }
  expect(cacheFolder({ HOME: homedir() })).toBe(join(homedir(), ".cache", "tilescript"));
});
