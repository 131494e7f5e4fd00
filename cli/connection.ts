import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { connectionSchema, type Connection } from "../provider/connection";
import { optionsOf, UsageError, type Given, type Option } from "./command";
import { askedPassword } from "./password";

/** The options of every command that looks at a machine. */
export const hostOptions = {
  port: { value: "PORT", help: "of sshd, instead of HOST:PORT; 22 by default" },
  identity: { value: "FILE", help: "a private key; by default ssh's agent and usual key files" },
  "known-hosts": { value: "FILE", help: "instead of ssh's own known_hosts files" },
  "host-key": {
    value: "KEY",
    help: 'the machine\'s key ("ssh-ed25519 AAAA…") or its fingerprint ("SHA256:…")',
  },
  proxy: { value: "HOST", help: "go through this machine: [USER@]HOST[:PORT]" },
  elevate: { value: "HOW", help: "none (default), sudo or doas: how the login becomes root" },
  "ask-password": {
    help: "sudo's, at the terminal or from standard input, if PULUMI_NIX_ELEVATE_PASSWORD is not set",
  },
  user: { value: "NAME", help: "whose deployments; by default root's with --elevate, else the login's" },
} as const satisfies Record<string, Option>;

/** For the helps. */
export const hostDetails =
  "HOST is [USER@]HOST[:PORT], with root for USER by default, or local for this machine.";

const schema = z.object({
  port: z.coerce.number("must be a number").int().min(1).max(65535).optional(),
  identity: z.string().optional(),
  "known-hosts": z.string().optional(),
  "host-key": z.string().optional(),
  proxy: z.string().optional(),
  elevate: z.enum(["none", "sudo", "doas"], "must be none, sudo or doas").default("none"),
  "ask-password": z.boolean().default(false),
  user: z.string().min(1).optional(),
});

type HostOptions = z.output<typeof schema>;

/** How a machine is reached, and whose deployments are meant there if that was said. */
export interface Reached {
  readonly connection: Connection;
  readonly user: string | undefined;
}

/** @throws UsageError */
export async function reached(given: Given): Promise<Reached> {
  const options = optionsOf(schema, given);
  const place = given.words[0] ?? "";
  const way = place === "local" ? { local: true } : await remote(place, options);
  const { elevate, user } = options;
  const elevatePassword = await passwordFor(options);
  return { connection: connectionSchema.parse({ ...way, elevate, elevatePassword }), user };
}

async function remote(place: string, options: HostOptions): Promise<object> {
  const credentials = await credentialsOf(options);
  const { port, proxy, "host-key": hostKey } = options;
  return {
    ...endpointOf(place),
    ...(port === undefined ? {} : { port }),
    ...credentials,
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(proxy === undefined ? {} : { proxy: { ...endpointOf(proxy), ...credentials } }),
  };
}

async function credentialsOf({ identity, "known-hosts": knownHosts }: HostOptions): Promise<object> {
  return {
    ...(identity === undefined ? {} : { privateKey: await keyIn(identity) }),
    ...(knownHosts === undefined ? {} : { knownHosts: resolve(knownHosts) }),
    // Someone waits.
    dialErrorLimit: 2,
  };
}

/** `alice@web1:2222`, `web1`, `[::1]:22`, `::1`. @throws UsageError */
export function endpointOf(text: string): { user?: string; host: string; port?: number } {
  const form =
    /^(?:(?<user>[^@\s]+)@)?(?:\[(?<bracketed>[^\]\s]+)\]|(?<host>[^:@[\]\s]+|[^@[\]\s]*:[^@[\]\s]*:[^@[\]\s]*))(?::(?<port>\d+))?$/;
  const { user, bracketed, host, port } = form.exec(text)?.groups ?? {};
  const name = bracketed ?? host;
  const number = port === undefined ? undefined : Number(port);
  if (name === undefined || (number !== undefined && (number < 1 || number > 65535))) {
    throw new UsageError(`'${text}' is not [USER@]HOST[:PORT]`);
  }
  return {
    ...(user === undefined ? {} : { user }),
    host: name,
    ...(number === undefined ? {} : { port: number }),
  };
}

async function keyIn(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: Error) => {
    throw new UsageError(`--identity: ${error.message}`);
  });
}

async function passwordFor(options: HostOptions): Promise<string | undefined> {
  const { elevate, "ask-password": ask } = options;
  if (elevate === "none") return undefined;
  const given = process.env["PULUMI_NIX_ELEVATE_PASSWORD"];
  return given ?? (ask ? askedPassword(`password for ${elevate}`) : undefined);
}
