// npm run build: makes dist/ from the sources, and the native add-on where there is a C++ compiler.
import { buildNative } from "./build-native.mjs";
import { bringUpToDate } from "./dist.mjs";

try {
  if (!bringUpToDate()) console.error("dist/ is up to date");
  console.error(buildNative().message);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
