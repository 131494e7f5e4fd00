import { createHmac } from "node:crypto";

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly marker: string | undefined;
  readonly patterns: string;
  readonly type: string;
  readonly key: Buffer;
  /** For messages: `~/.ssh/known_hosts:12`. */
  readonly where: string;
}

/** The lines that hold a key; comments and what cannot be read are left out, as ssh does. */
export function parseKnownHosts(text: string, source: string): KnownHost[] {
  return text.split("\n").flatMap((line, index) => parseLine(line.trim(), `${source}:${index + 1}`) ?? []);
}

function parseLine(line: string, where: string): KnownHost | undefined {
  if (line === "" || line.startsWith("#")) return undefined;
  const words = line.split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
  const [patterns, type, key] = words;
  if (patterns === undefined || type === undefined || key === undefined) return undefined;
  return { marker, patterns, type, key: Buffer.from(key, "base64"), where };
}

/** Whether a line speaks of this host. Ports other than 22 are written `[host]:port`. */
export function concerns(line: KnownHost, host: string, port: number): boolean {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const patterns = line.patterns.split(",");
  const negated = patterns.filter((pattern) => pattern.startsWith("!"));
  if (negated.some((pattern) => fits(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => fits(pattern, name));
}

function fits(pattern: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(pattern) ?? [];
  if (salt !== undefined && hash !== undefined) {
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  const expression = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(name);
}
