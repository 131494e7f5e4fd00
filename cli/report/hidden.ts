import { isObject } from "../../provider/wire";

/**
 * Takes out of what the engine printed whatever is or may be a secret: values that it marked or encrypted, however deep
 * and in whichever form, and keys in the middle of a text.
 */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return textWithoutSecrets(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  // Whatever is signed is not a plain value: a secret, which may hold its plain text, or a file.
  if (signature in value) return secret;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [textWithoutSecrets(key), withoutSecrets(item)]),
  );
}

/** How the engine shows one. */
export const secret = "[secret]";

// Pulumi, sdk/go/common/resource/sig/sig.go: the key by which a secret, a file or a reference is told from an object.
const signature = "4dabf18193072939515e22adb298388d";

// A text that is cut off may lack the end.
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

function textWithoutSecrets(text: string): string {
  return text.includes(signature) ? secret : text.replace(privateKey, secret);
}
