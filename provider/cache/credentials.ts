import { z } from "zod";
import type { CacheAddress } from "./cache-url";

/** What opens a cache, as it arrives from the program: see `sdk/binary-cache.ts` for what each field means. */
export const credentialsSchema = z.strictObject({
  user: z.string().min(1).optional(),
  password: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  accessKeyId: z.string().min(1).optional(),
  secretAccessKey: z.string().min(1).optional(),
  sessionToken: z.string().min(1).optional(),
});

export type CacheCredentials = z.infer<typeof credentialsSchema>;

const ofHttp = ["user", "password", "headers"] as const;
const ofS3 = ["accessKeyId", "secretAccessKey", "sessionToken"] as const;

/** What is wrong with credentials for such a cache. */
export function misfit(credentials: CacheCredentials, kind: CacheAddress["kind"]): string | undefined {
  const taken: readonly string[] = { file: [], http: ofHttp, s3: ofS3 }[kind];
  const stray = Object.keys(credentials).find((name) => !taken.includes(name));
  if (stray !== undefined) return `${stray} is nothing that a cache at ${kind}:// is opened with`;
  if (credentials.password !== undefined && credentials.user === undefined) return "password goes with user";
  if ((credentials.accessKeyId === undefined) !== (credentials.secretAccessKey === undefined))
    return "accessKeyId and secretAccessKey go together";
  if (credentials.sessionToken !== undefined && credentials.accessKeyId === undefined)
    return "sessionToken goes with accessKeyId";
  return undefined;
}
