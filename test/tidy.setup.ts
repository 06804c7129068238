/** Runs before each file of tests, also where files share the modules that they import. */
import { afterAll } from "vitest";
import { tidyUp } from "./at-the-end.js";

afterAll(tidyUp);
