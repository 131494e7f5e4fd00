/** Nix's own base 32: without e, o, t and u, and the last byte first (Nix, src/libutil/hash.cc). */
const digits = "0123456789abcdfghijklmnpqrsvwxyz";

const bytesOfSha256 = 32;

/**
 * The hexadecimal digits of a hash of so many bytes.
 * @throws Error when it is not the base 32 of one
 */
export function hexOfBase32(text: string, length = bytesOfSha256): string {
  const wrong = `'${text}' is not a hash of ${length} bytes in Nix's base 32`;
  if (text.length !== digitsOf(length)) throw new Error(wrong);
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < text.length; index++) {
    const digit = digits.indexOf(text[text.length - 1 - index] as string);
    if (digit < 0) throw new Error(wrong);
    const at = (index * 5) >> 3;
    const shifted = digit << ((index * 5) & 7);
    bytes[at] = (bytes[at] as number) | (shifted & 0xff);
    if (shifted > 0xff && at + 1 >= bytes.length) throw new Error(wrong);
    if (at + 1 < bytes.length) bytes[at + 1] = (bytes[at + 1] as number) | (shifted >> 8);
  }
  return bytes.toString("hex");
}

/** The base 32 of a hash in hexadecimal digits. */
export function base32OfHex(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  let text = "";
  for (let index = digitsOf(bytes.length) - 1; index >= 0; index--) {
    const at = (index * 5) >> 3;
    const pair = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8);
    text += digits.charAt((pair >> ((index * 5) & 7)) & 31);
  }
  return text;
}

function digitsOf(bytes: number): number {
  return Math.ceil((bytes * 8) / 5);
}
