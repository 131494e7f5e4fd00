import * as pulumi from "@pulumi/pulumi";
import { secretFields } from "../provider/connection";

/** How a machine is reached over SSH. The names are those of pulumi-command's connection. */
export interface Endpoint {
  /** Name or address. Another host is another machine: what is there is replaced, not updated. */
  host: pulumi.Input<string>;
  /** 22 by default. Part of what tells machines apart, like `host`. */
  port?: pulumi.Input<number>;
  /** Who logs in; root by default. Part of what tells machines apart. */
  user?: pulumi.Input<string>;
  /**
   * Secret. A change is no diff; the next connection uses it. Without `password`, `privateKey` and `agentSocketPath` we try
   * what ssh itself would: the agent at `SSH_AUTH_SOCK`, then `~/.ssh/id_ed25519`, `id_ecdsa` and `id_rsa`, as far as they
   * need no password.
   */
  password?: pulumi.Input<string>;
  /** The text of a private key. Secret. A change is no diff; the next connection uses it. */
  privateKey?: pulumi.Input<string>;
  /** What decrypts the private key. Secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /** The socket of an SSH agent, tried behind the key and the password that are given. */
  agentSocketPath?: pulumi.Input<string>;
  /**
   * The host's public key, as in the second and third word of a known_hosts line (`ssh-ed25519 AAAA…`), or its
   * fingerprint (`SHA256:…`). Without it the host has to be in `knownHosts`.
   */
  hostKey?: pulumi.Input<string>;
  /** Lines of a known_hosts file, or the path of one. By default the user's and the machine's own files. */
  knownHosts?: pulumi.Input<string>;
  /** False switches the check of the host's key off, and warns: whoever answers is trusted. True by default. */
  verifyHostKey?: pulumi.Input<boolean>;
  /** Failed dials after which we give up; 10 by default, -1 is never. A refused key or login is not tried again. */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds for one dial; 15 by default, 0 is no limit. */
  perDialTimeout?: pulumi.Input<number>;
}

/** A machine over SSH, and how to become root there. */
export interface RemoteConnection extends Endpoint {
  local?: pulumi.Input<false>;
  /** A host to go through. */
  proxy?: pulumi.Input<Endpoint>;
  /**
   * How the login becomes root, or another user: `"none"` (default), `"sudo"` or `"doas"` (without a password). Acting
   * as root instead of as the login makes it another place: between none and the others, a change replaces.
   */
  elevate?: pulumi.Input<"none" | "sudo" | "doas">;
  /** What sudo asks for; given to it on its standard input when it asks, and never otherwise. Secret. */
  elevatePassword?: pulumi.Input<string>;
}

/** The machine that Pulumi itself runs on. */
export interface LocalConnection {
  local: pulumi.Input<true>;
  /** How the user who runs Pulumi becomes root, or another user: see `RemoteConnection`. */
  elevate?: pulumi.Input<"none" | "sudo" | "doas">;
  /** What sudo asks for. Secret. */
  elevatePassword?: pulumi.Input<string>;
}

export type Connection = RemoteConnection | LocalConnection;

/**
 * Marks what is secret as secret, so that it is encrypted in the state and hidden in diffs, and leaves the rest
 * readable: a reviewer has to see which host a change is for.
 */
export function withSecrets(connection: pulumi.Input<Connection>): pulumi.Input<Record<string, unknown>> {
  if (pulumi.Output.isInstance(connection)) return pulumi.output(connection).apply(markSecrets);
  return connection instanceof Promise
    ? pulumi.output(connection).apply(markSecrets)
    : markSecrets(connection);
}

function markSecrets(connection: object): Record<string, unknown> {
  const entries = Object.entries(connection).map(([name, value]) => [name, marked(name, value)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function marked(name: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (secretFields.includes(name)) return pulumi.secret(value);
  if (name !== "proxy") return value;
  return withSecrets(value as pulumi.Input<Connection>);
}
