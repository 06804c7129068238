import { z } from "zod";

/** What results say of the model that they are of. */
export const modelIdentity = z.object({
  name: z.string(),
  file: z.string(),
  bytes: z.int(),
  layers: z.int(),
  trainedContext: z.int(),
});
