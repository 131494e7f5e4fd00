import { z } from "zod";

/** Where a binary cache is. */
export type CacheAddress = FileAddress | HttpAddress | S3Address;

export interface FileAddress {
  readonly kind: "file";
  readonly folder: string;
}

export interface HttpAddress {
  readonly kind: "http";
  /** Without a slash at its end. */
  readonly url: string;
}

export interface S3Address {
  readonly kind: "s3";
  readonly bucket: string;
  readonly region: string;
  /** With its scheme; Amazon's own by default. */
  readonly endpoint: string | undefined;
  /** Of the user's AWS configuration files. */
  readonly profile: string | undefined;
}

/** What each parameter of Nix's that we do not take is called here. */
const elsewhere: Readonly<Record<string, string>> = {
  compression: "the input compression",
  "compression-level": "the input compressionLevel",
  "secret-key": "the input signWith",
  "secret-keys": "the input signWith",
};

/**
 * Understands `file:///…`, `https://…`, `http://…` and `s3://bucket?region=…&endpoint=…&scheme=…&profile=…`, as Nix
 * writes them.
 * @throws Error saying what is wrong, without what may be a password
 */
export function parseCacheUrl(text: string): CacheAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new Error(forms);
  if (url.username !== "" || url.password !== "") throw new Error("must name no user: that is a credential");
  switch (url.protocol) {
    case "file:":
      return fileAddress(url);
    case "http:":
    case "https:":
      refuseParameters(url, []);
      return { kind: "http", url: `${url.origin}${url.pathname}`.replace(/\/+$/, "") };
    case "s3:":
      return s3Address(url);
    default:
      throw new Error(forms);
  }
}

const forms = "must be file:///…, https://…, http://… or s3://bucket?…";

function fileAddress(url: URL): FileAddress {
  refuseParameters(url, []);
  if (url.host !== "" || url.pathname === "/") throw new Error("must name a folder: file:///var/cache/nix");
  return { kind: "file", folder: decodeURIComponent(url.pathname).replace(/\/+$/, "") };
}

function s3Address(url: URL): S3Address {
  refuseParameters(url, ["region", "endpoint", "scheme", "profile"]);
  if (url.host === "" || !["", "/"].includes(url.pathname))
    throw new Error("must name a bucket and nothing below it");
  const given = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const endpoint = given("endpoint");
  return {
    kind: "s3",
    bucket: url.host,
    region: given("region") ?? "us-east-1",
    endpoint: endpoint && `${given("scheme") ?? "https"}://${endpoint}`,
    profile: given("profile"),
  };
}

function refuseParameters(url: URL, known: readonly string[]): void {
  for (const name of url.searchParams.keys()) {
    if (known.includes(name)) continue;
    const instead = elsewhere[name];
    throw new Error(`takes no '${name}'${instead === undefined ? "" : `: that is ${instead}`}`);
  }
}

/** Without what Nix does not need to be told: for messages. */
export function nameOf(address: CacheAddress): string {
  switch (address.kind) {
    case "file":
      return `file://${address.folder}`;
    case "http":
      return address.url;
    case "s3":
      return `s3://${address.bucket}`;
  }
}

/** The URL as it was written, when it is one that we understand. */
export const cacheUrlSchema = z.string().superRefine((text, context) => {
  try {
    parseCacheUrl(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
});
