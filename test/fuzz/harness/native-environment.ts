import { fileURLToPath } from "node:url";

/** Where targets of the native add-on find it and the fake driver, unless scripts/sanitize.mjs has built both with sanitizers. */
export async function nativeEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { TILESCRIPT_NATIVE, TILESCRIPT_LIBCUDA } = process.env;
  const { buildFake } = await import("../../runtime/native/fake-driver.js");
  const addon = fileURLToPath(new URL("../../../runtime/native/build/tilescript.node", import.meta.url));
  return { TILESCRIPT_NATIVE: TILESCRIPT_NATIVE ?? addon, TILESCRIPT_LIBCUDA: TILESCRIPT_LIBCUDA ?? buildFake() };
}
