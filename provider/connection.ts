import { z } from "zod";

const port = z.number().int().min(1).max(65535);

const endpoint = {
  host: z.string().min(1),
  port: port.default(22),
  user: z.string().min(1).default("root"),
  password: z.string().optional(),
  privateKey: z.string().optional(),
  privateKeyPassword: z.string().optional(),
  agentSocketPath: z.string().optional(),
  hostKey: z.string().optional(),
  knownHosts: z.string().optional(),
  verifyHostKey: z.boolean().default(true),
  dialErrorLimit: z.number().int().min(-1).default(10),
  perDialTimeout: z.number().min(0).default(15),
};

const remoteSchema = z.strictObject({
  ...endpoint,
  local: z.literal(false).optional(),
  elevate: z.enum(["none", "sudo", "doas"]).default("none"),
  elevatePassword: z.string().optional(),
  proxy: z.strictObject(endpoint).optional(),
});

const localSchema = z.strictObject({
  local: z.literal(true),
  elevate: z.enum(["none", "sudo", "doas"]).default("none"),
  elevatePassword: z.string().optional(),
});

/** How a machine is reached, as it arrives from the program: see `sdk/connection.ts` for what each field means. */
export const connectionSchema = z.union([localSchema, remoteSchema]);

export type LocalConnection = z.infer<typeof localSchema>;
export type RemoteConnection = z.infer<typeof remoteSchema>;
export type Endpoint = z.infer<z.ZodObject<typeof endpoint>>;
export type Connection = LocalConnection | RemoteConnection;

/**
 * Fields that say how to get in, not which machine it is: never shown, and a change of one is no diff.
 * `proxy` holds the same ones.
 */
export const credentialFields = ["password", "privateKey", "privateKeyPassword", "elevatePassword"] as const;

/** Fields that say only how to get there: a change touches nothing on the machine, so it is no diff either. */
export const routeFields = [
  "agentSocketPath",
  "hostKey",
  "knownHosts",
  "verifyHostKey",
  "dialErrorLimit",
  "perDialTimeout",
  "proxy",
  "elevate",
] as const;

export function isLocal(connection: Connection): connection is LocalConnection {
  return connection.local === true;
}

/** What tells one machine and login from another: `root@web1:22`, `local`. */
export function machineOf(connection: Connection): string {
  return isLocal(connection) ? "local" : `${connection.user}@${connection.host}:${connection.port}`;
}
