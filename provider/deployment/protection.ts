import { z } from "zod";
import { isLocal, type Connection } from "../connection";
import type { Problem } from "../resource";
import { healthCheckSchema, isFromHere, type HealthCheck } from "./checks";
import { checkedFromHere } from "./checks-here";
import { checkArguments, checkSecrets, secondsOf } from "./checks-there";
import type { Locking, Protection } from "./deployment";

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
  healthChecks: z.array(healthCheckSchema).optional(),
  lock: z.strictObject({ wait: z.number().min(0).optional(), endStuck: z.boolean().optional() }).optional(),
};

/** None of them says what is on a machine: their change needs nothing done. */
export const protectionNames = Object.keys(protectionShape);

export type ProtectionInputs = z.infer<z.ZodObject<typeof protectionShape>>;

export function* protectionProblems({ confirm, healthChecks = [] }: ProtectionInputs): Generator<Problem> {
  const at = healthChecks.findIndex(isFromHere);
  if (confirm !== false || at < 0) return;
  const reason = "a check from the controller is told to the machine by confirming: not with confirm: false";
  yield { property: `healthChecks.${at}.from`, reason };
}

export function protectionFor(
  { confirm, healthChecks = [], lock }: ProtectionInputs,
  connection: Connection,
): Protection {
  const here = healthChecks.filter(isFromHere);
  const there = healthChecks.filter((check): check is HealthCheck => !isFromHere(check));
  const address = isLocal(connection) ? "localhost" : connection.host;
  return {
    confirm:
      confirm === false ? undefined : { timeout: confirm?.timeout ?? 30, attempts: confirm?.attempts ?? 3 },
    checks: checkArguments(there),
    checkSecrets: checkSecrets(there),
    checkSeconds: secondsOf(healthChecks),
    hereSeconds: secondsOf(here),
    checkFromHere: (status) => checkedFromHere(here, address, status),
    ...lockingFor({ lock }),
  };
}

export function lockingFor({ lock }: Pick<ProtectionInputs, "lock">): Locking {
  return { lockWait: lock?.wait ?? 0, endStuck: lock?.endStuck ?? false };
}
