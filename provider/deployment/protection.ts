import { z } from "zod";
import type { Protection } from "./deploy";

/**
 * Inputs of every resource whose change is protected. Without defaults of their own: those would stand in every
 * preview.
 */
export const protectionShape = {
  confirm: z
    .union([
      z.literal(false),
      z.strictObject({
        timeout: z.number().positive().optional(),
        attempts: z.number().int().positive().optional(),
      }),
    ])
    .optional(),
  lock: z.strictObject({ wait: z.number().min(0).optional(), endStuck: z.boolean().optional() }).optional(),
};

/** None of them says what is on a machine: their change needs nothing done. */
export const protectionNames = Object.keys(protectionShape);

export type ProtectionInputs = z.infer<z.ZodObject<typeof protectionShape>>;

export function protectionFor({ confirm, lock }: ProtectionInputs): Protection {
  return {
    confirm:
      confirm === false ? undefined : { timeout: confirm?.timeout ?? 30, attempts: confirm?.attempts ?? 3 },
    checks: [],
    checkSeconds: 0,
    checkFromHere: () => Promise.resolve(undefined),
    lockWait: lock?.wait ?? 0,
    endStuck: lock?.endStuck ?? false,
  };
}
