import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "../connection";
import { ConnectError } from "../errors";
import { endpointName } from "./endpoint-name";
import { concerns, parseKnownHosts } from "./known-hosts";

/** What is known about a machine's key before it is dialled. */
export interface HostKeyCheck {
  /** Key types to ask for first, so that the machine shows a key that we know. */
  readonly types: readonly string[];
  /** The reason to turn away from a machine that shows this key. */
  refuse(key: Buffer): ConnectError | undefined;
}

interface KnownKey {
  readonly type: string | undefined;
  readonly revoked: boolean;
  readonly where: string;
  /** As in a known_hosts file without the name, where it is known as a whole. */
  readonly line?: string | undefined;
  is(key: Buffer): boolean;
}

const doing = "verifying the host key";

export async function hostKeyCheck(endpoint: Endpoint): Promise<HostKeyCheck> {
  if (!endpoint.verifyHostKey) return { types: [], refuse: () => undefined };
  const known = await knownKeys(endpoint);
  return {
    types: known.flatMap(({ type, revoked }) => (type === undefined || revoked ? [] : [type])),
    refuse: (key) => refusal(endpoint, known, key),
  };
}

/** What ssh on another machine has to know of this one's keys: lines of a known_hosts file. None where not verified. */
export async function knownHostsLines(endpoint: Endpoint): Promise<string[]> {
  if (!endpoint.verifyHostKey) return [];
  const { host, port } = endpoint;
  const name = port === 22 ? host : `[${host}]:${port}`;
  const known = (await knownKeys(endpoint)).filter(({ revoked }) => !revoked);
  return known.flatMap((key) => (key.line === undefined ? [] : [`${name} ${key.line}`]));
}

async function knownKeys(endpoint: Endpoint): Promise<KnownKey[]> {
  return endpoint.hostKey === undefined ? listedKeys(endpoint) : givenKeys(endpoint, endpoint.hostKey);
}

function refusal(endpoint: Endpoint, known: readonly KnownKey[], key: Buffer): ConnectError | undefined {
  const revoked = known.find((candidate) => candidate.revoked && candidate.is(key));
  if (revoked) return refused(endpoint, `its key ${fingerprint(key)} is revoked in ${revoked.where}`, loud);
  const expected = known.filter((candidate) => !candidate.revoked);
  if (expected.some((candidate) => candidate.is(key))) return undefined;
  if (expected.length > 0) {
    const where = expected.map((candidate) => candidate.where).join(", ");
    return refused(
      endpoint,
      `THE HOST KEY IS NOT THE KNOWN ONE. Shown: ${shown(key)}. Known: ${where}`,
      loud,
    );
  }
  return refused(
    endpoint,
    `its key is not known: ${shown(key)}`,
    `compare the fingerprint on the machine (ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub), then set hostKey: "${line(key)}", or add the machine to known_hosts`,
  );
}

const loud =
  "someone may be answering in the machine's place (man in the middle). Nothing was sent to it. " +
  "If the machine was installed anew, compare the fingerprint there and replace the known key";

function refused(endpoint: Endpoint, happened: string, hint: string): ConnectError {
  return new ConnectError({ doing, host: endpointName(endpoint), phase: "verify", happened, hint });
}

/** Public key lines, also with a host name in front as ssh-keyscan prints them, or fingerprints. */
function givenKeys(endpoint: Endpoint, text: string): KnownKey[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => givenKey(endpoint, line));
}

function givenKey(endpoint: Endpoint, text: string): KnownKey {
  const where = "hostKey";
  if (/^SHA256:/.test(text)) {
    const wanted = text.split(/\s/)[0]?.replace(/=+$/, "");
    return { type: undefined, revoked: false, where, is: (key) => fingerprint(key) === wanted };
  }
  const [, type, encoded] = /(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+)\s+(AAAA[\w+/=]+)/.exec(text) ?? [];
  if (type === undefined || encoded === undefined) {
    throw refused(
      endpoint,
      "hostKey is not a public key",
      'it looks like "ssh-ed25519 AAAA…", as in /etc/ssh/ssh_host_ed25519_key.pub, or "SHA256:…"',
    );
  }
  const wanted = Buffer.from(encoded, "base64");
  return { type, revoked: false, where, line: `${type} ${encoded}`, is: (key) => key.equals(wanted) };
}

async function listedKeys(endpoint: Endpoint): Promise<KnownKey[]> {
  const lines = (await knownHostsTexts(endpoint)).flatMap(({ text, source }) =>
    parseKnownHosts(text, source),
  );
  return lines
    .filter((line) => line.marker !== "@cert-authority" && concerns(line, endpoint.host, endpoint.port))
    .map(({ type, marker, where, key: wanted }) => ({
      type,
      revoked: marker === "@revoked",
      where,
      line: `${type} ${wanted.toString("base64")}`,
      is: (key) => key.equals(wanted),
    }));
}

interface KnownHostsText {
  text: string;
  source: string;
}

async function knownHostsTexts(endpoint: Endpoint): Promise<KnownHostsText[]> {
  const { knownHosts } = endpoint;
  if (knownHosts === undefined) {
    const usual = [join(homedir(), ".ssh/known_hosts"), "/etc/ssh/ssh_known_hosts"];
    return Promise.all(
      usual.map(async (source) => ({ source, text: await readFile(source, "utf8").catch(() => "") })),
    );
  }
  if (/\s/.test(knownHosts.trim())) return [{ text: knownHosts, source: "knownHosts" }];
  const source = knownHosts.replace(/^~(?=\/)/, homedir());
  const text = await readFile(source, "utf8").catch((error: Error) => {
    throw refused(
      endpoint,
      `knownHosts cannot be read: ${error.message}`,
      "give a path, or the lines themselves",
    );
  });
  return [{ text, source }];
}

function shown(key: Buffer): string {
  return `${keyType(key)} ${fingerprint(key)}`;
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function line(key: Buffer): string {
  return `${keyType(key)} ${key.toString("base64")}`;
}

function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
}
