/** Nix's own base 32: without e, o, t and u, and the last byte first (Nix, src/libutil/hash.cc). */
const digits = "0123456789abcdfghijklmnpqrsvwxyz";

const bytesOfSha256 = 32;
const digitsOfSha256 = 52;

/** @throws Error when it is not the base 32 of a SHA-256 */
export function hexOfBase32(text: string): string {
  if (text.length !== digitsOfSha256) throw new Error(`'${text}' is not a SHA-256 in Nix's base 32`);
  const bytes = Buffer.alloc(bytesOfSha256);
  for (let index = 0; index < text.length; index++) {
    const digit = digits.indexOf(text[text.length - 1 - index] as string);
    if (digit < 0) throw new Error(`'${text}' is not a SHA-256 in Nix's base 32`);
    const at = (index * 5) >> 3;
    const shifted = digit << ((index * 5) & 7);
    bytes[at] = (bytes[at] as number) | (shifted & 0xff);
    if (shifted > 0xff && at + 1 >= bytes.length) throw new Error(`'${text}' is more than a SHA-256 holds`);
    if (at + 1 < bytes.length) bytes[at + 1] = (bytes[at + 1] as number) | (shifted >> 8);
  }
  return bytes.toString("hex");
}

/** The base 32 of a hash in hexadecimal digits. */
export function base32OfHex(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  let text = "";
  for (let index = digitsOfSha256 - 1; index >= 0; index--) {
    const at = (index * 5) >> 3;
    const pair = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8);
    text += digits.charAt((pair >> ((index * 5) & 7)) & 31);
  }
  return text;
}
