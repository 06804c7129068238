// npm run build: makes dist/ from the sources.
import { bringUpToDate } from "./dist.mjs";

try {
  if (!bringUpToDate()) console.error("dist/ is up to date");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
