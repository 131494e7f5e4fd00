import { z } from "zod";
import type { Protection } from "./deploy";

/** Inputs of every resource whose change is protected. */
export const protectionShape = {
  confirm: z
    .union([
      z.literal(false),
      z.strictObject({
        timeout: z.number().positive().default(30),
        attempts: z.number().int().positive().default(3),
      }),
    ])
    .default({ timeout: 30, attempts: 3 }),
  lock: z
    .strictObject({ wait: z.number().min(0).default(0), endStuck: z.boolean().default(false) })
    .default({ wait: 0, endStuck: false }),
};

export type ProtectionInputs = z.infer<z.ZodObject<typeof protectionShape>>;

export function protectionFor({ confirm, lock }: ProtectionInputs): Protection {
  return {
    confirm: confirm === false ? undefined : confirm,
    checks: [],
    checkSeconds: 0,
    checkFromHere: () => Promise.resolve(undefined),
    lockWait: lock.wait,
    endStuck: lock.endStuck,
  };
}
