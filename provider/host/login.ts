import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "../connection";
import { ConnectError } from "../errors";
import { endpointName } from "./endpoint-name";
import { parsePrivateKey } from "./ssh";
import type { Login } from "./ssh";

/** The ways to log in, in the order in which they are tried: what was given, else what ssh itself would try. */
export async function loginsOf(endpoint: Endpoint): Promise<Login[]> {
  const given = givenLogins(endpoint);
  const logins = given.length > 0 ? given : await usualLogins();
  if (logins.length > 0) return logins;
  throw refused(
    endpoint,
    "there is nothing to log in with: no privateKey, password or agentSocketPath, no agent and no usual key file",
  );
}

function givenLogins(endpoint: Endpoint): Login[] {
  const { privateKey, privateKeyPassword, password, agentSocketPath } = endpoint;
  const logins: Login[] = [];
  if (privateKey !== undefined) logins.push(keyLogin(endpoint, privateKey, privateKeyPassword));
  if (password !== undefined) logins.push({ kind: "password", shown: "password", password });
  if (agentSocketPath !== undefined) logins.push(agentLogin(agentSocketPath));
  return logins;
}

function keyLogin(endpoint: Endpoint, text: string, passphrase: string | undefined): Login {
  const key = parsePrivateKey(text, passphrase);
  if (!(key instanceof Error)) return { kind: "key", shown: "privateKey", key };
  throw refused(
    endpoint,
    `privateKey cannot be used: ${key.message}`,
    /passphrase/i.test(key.message)
      ? "it is encrypted: give the right privateKeyPassword"
      : "give the text of the private key file itself, in OpenSSH or PEM format",
  );
}

async function usualLogins(): Promise<Login[]> {
  const agent = process.env.SSH_AUTH_SOCK;
  const names = ["id_ed25519", "id_ecdsa", "id_rsa"];
  const keys = await Promise.all(
    names.map((name) => usualKey(join(homedir(), ".ssh", name), `~/.ssh/${name}`)),
  );
  return [...(agent ? [agentLogin(agent)] : []), ...keys.flatMap((key) => key ?? [])];
}

/** A key file that is missing or needs a passphrase is passed over, as ssh does without a terminal. */
async function usualKey(file: string, shown: string): Promise<Login | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const key = parsePrivateKey(text, undefined);
  return key instanceof Error ? undefined : { kind: "key", shown, key };
}

function agentLogin(socket: string): Login {
  return { kind: "agent", shown: `the agent at ${socket}`, socket };
}

function refused(endpoint: Endpoint, happened: string, hint?: string): ConnectError {
  return new ConnectError({
    doing: "logging in",
    host: endpointName(endpoint),
    phase: "login",
    happened,
    hint,
  });
}
