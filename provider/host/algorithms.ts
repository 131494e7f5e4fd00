const ciphers = ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"] as const;

const serverKeys = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

type ServerKey = (typeof serverKeys)[number];

/**
 * ssh2's own choice with two changes: AES-GCM first, the fastest by far also without ssh2's native part, and of the
 * host keys those types that we know.
 */
export function algorithms(keyTypes: readonly string[]): {
  cipher: Changes<(typeof ciphers)[number]>;
  serverHostKey: Changes<ServerKey>;
} {
  const known = serverKeys.filter((key) => keyTypes.includes(key.startsWith("rsa-") ? "ssh-rsa" : key));
  return { cipher: first(ciphers), serverHostKey: first(known) };
}

interface Changes<Name> {
  remove: Name[];
  prepend: Name[];
  append: Name[];
}

/** ssh2 does not move an entry that it has: it must be removed first, so the order of these fields matters. */
function first<Name>(names: readonly Name[]): Changes<Name> {
  return { remove: [...names], prepend: [...names], append: [] };
}
