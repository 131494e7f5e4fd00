import { parseCacheUrl } from "../../provider/cache/cache-url";
import type { CacheCredentials } from "../../provider/cache/credentials";
import { withStore } from "../../provider/cache/open-store";
import { push } from "../../provider/cache/push";
import type { Host } from "../../provider/host/host";
import { generateKeys, parseSecretKey } from "../../provider/nix/signing-keys";
import type { StorePath } from "../../provider/values";

/** The key that signs what tests push. */
export const signer = generateKeys("cache-1");

export async function pushTo(
  controller: Host,
  { url, credentials = {} }: { url: string; credentials?: CacheCredentials },
  path: StorePath,
  secretKeys: readonly string[] = [signer.secretKey],
): Promise<void> {
  const keys = secretKeys.map(parseSecretKey);
  await withStore({ address: parseCacheUrl(url), credentials }, (store) =>
    push({ controller, store, paths: [path], compression: { compression: "zstd" }, keys, parallel: 4 }),
  );
}
