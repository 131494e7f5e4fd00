import { z } from "zod";

/** Words of Nix's list of builders, in which blanks, semicolons and lines part. */
const word = z.string().regex(/^[^\s;,<>]+$/, { error: "must be one word without ; or ," });
const words = z.array(word).min(1).optional();

const builderSchema = z.strictObject({
  host: word,
  user: word.default("root"),
  privateKey: z.string().optional(),
  hostKey: z
    .string()
    .regex(/^(ssh|ecdsa|sk)-[\w@.-]+ AAAA[\w+/=]+/, { error: 'must be a public key: "ssh-ed25519 AAAA…"' })
    .optional(),
  systems: words,
  maxJobs: z.number().int().min(1).default(1),
  speedFactor: z.number().int().min(1).default(1),
  supportedFeatures: words,
  mandatoryFeatures: words,
});

/** Machines that Nix may build on, in Nix's own words or one by one: see `sdk/nix-build.ts`. */
export const buildersSchema = z.union([z.string().min(1), z.array(builderSchema).min(1)]);

export type Builder = z.infer<typeof builderSchema>;
export type Builders = z.infer<typeof buildersSchema>;

export interface BuildersSetting {
  /** The setting of nix.conf, in which `<key1>` stands for the path of the first key. */
  readonly setting: string;
  /** Private keys, each once. Secret. */
  readonly keys: readonly string[];
}

/** The text for Nix (nix.conf(5), builders). */
export function buildersSetting(builders: Builders | undefined): BuildersSetting {
  if (builders === undefined || typeof builders === "string") return { setting: builders ?? "", keys: [] };
  const keys = [...new Set(builders.flatMap(({ privateKey }) => privateKey ?? []))];
  return { setting: builders.map((builder) => entry(builder, keys)).join(" ; "), keys };
}

function entry(builder: Builder, keys: readonly string[]): string {
  const { host, user, privateKey, hostKey, maxJobs, speedFactor } = builder;
  const features = [builder.supportedFeatures, builder.mandatoryFeatures].map(list);
  return [
    `ssh-ng://${user}@${host}`,
    list(builder.systems),
    privateKey === undefined ? "-" : `<key${keys.indexOf(privateKey) + 1}>`,
    maxJobs,
    speedFactor,
    ...features,
    hostKey === undefined ? "-" : Buffer.from(hostKey.trim()).toString("base64"),
  ].join(" ");
}

function list(items: readonly string[] | undefined): string {
  return items?.join(",") ?? "-";
}
