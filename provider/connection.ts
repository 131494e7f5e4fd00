import { z } from "zod";
import { isObject, type Properties } from "./wire";

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

/** The inputs, of any resource, that say how a machine is reached. */
export const connectionNames: readonly string[] = ["connection", "buildOn", "from"];

/** The connections among properties, as they are written there. */
export function connectionsIn(properties: Properties): Record<string, Properties> {
  const given = Object.entries(properties);
  return Object.fromEntries(
    given.filter(
      (entry): entry is [string, Properties] => connectionNames.includes(entry[0]) && isObject(entry[1]),
    ),
  );
}

/** Fields of a connection, and of its `proxy`, whose values are never shown. */
export const secretFields: readonly string[] = [
  "password",
  "privateKey",
  "privateKeyPassword",
  "elevatePassword",
];

export function isLocal(connection: Connection): connection is LocalConnection {
  return connection.local === true;
}

/**
 * What tells one machine and acting user from another: `root@web1:22`. A change of it means another place; a change
 * of anything else in a connection (keys, passwords, the way there) touches nothing on the machine and is no diff.
 */
export function machineOf(connection: Connection): string {
  const acting = connection.elevate === "none" ? "" : " as root";
  return isLocal(connection)
    ? `local${acting}`
    : `${connection.user}@${connection.host}:${connection.port}${acting}`;
}

/** The same of a connection as it is written, without the defaults; in a preview parts may be unknown. */
export function machineWritten(connection: Properties): string {
  return machineOf({ port: 22, user: "root", elevate: "none", ...connection } as Connection);
}
