import * as pulumi from "@pulumi/pulumi";
import { dynamicProperties, leaveTracesUnformatted, resourceType } from "./resource";

/** What opens a cache: of a web server the first three, of S3 the last three. All of it is secret. */
export interface CacheCredentials {
  /** For HTTP's Basic authentication, with `password`. */
  user?: pulumi.Input<string>;
  password?: pulumi.Input<string>;
  /** Sent with every request, by name: `{ authorization: "Bearer …" }`. */
  headers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * With `secretAccessKey`; allowed to s3:GetObject, s3:PutObject and s3:ListBucket, without which S3 forbids to look for
   * what is not there; s3:AbortMultipartUpload too for objects of more than 5 GiB. Without them it is AWS's usual chain:
   * environment, configuration files, the machine's role.
   */
  accessKeyId?: pulumi.Input<string>;
  secretAccessKey?: pulumi.Input<string>;
  /** Of temporary ones. */
  sessionToken?: pulumi.Input<string>;
}

export interface BinaryCacheArgs {
  /**
   * `file:///folder`, `https://…` or `http://…` (written to with PUT, as Nix does), or
   * `s3://bucket?region=…&endpoint=…&scheme=…&profile=…` (us-east-1 and Amazon's own by default). Without user and password. Where a web server sends readers
   * elsewhere they go, without the credentials if that is another server; a write is not sent on. It is reached directly,
   * whatever `HTTPS_PROXY` and the like say. Another URL is another cache (replace).
   */
  url: pulumi.Input<string>;
  /** The store path whose closure has to be there; or `paths`. A change pushes what is missing (update). */
  path?: pulumi.Input<string>;
  /** Several store paths, pushed together. */
  paths?: pulumi.Input<pulumi.Input<string>[]>;
  /** Of what is pushed from now on; `"zstd"` by default, which Nix reads since 2.4. A change is no diff. */
  compression?: pulumi.Input<"zstd" | "xz" | "gzip" | "bzip2" | "br" | "none">;
  /** As the method numbers its levels: 1 to 9, of zstd to 22. Its own default by default. A change is no diff. */
  compressionLevel?: pulumi.Input<number>;
  /**
   * Secret keys, `name:base64` as a `SigningKey` or `nix key generate-secret` makes them. Secret. What the cache has without their
   * signatures gets them; a path of which it has other content than this machine does not, and a warning says so.
   * Without keys the machines that fetch have to trust the cache as it is.
   */
  signWith?: pulumi.Input<string | pulumi.Input<string>[]>;
  /** Requests at a time; 16 by default, 256 at most. A change is no diff. */
  parallel?: pulumi.Input<number>;
  /** What opens the cache; none by default. Secret. A change is no diff. */
  credentials?: pulumi.Input<CacheCredentials>;
}

/**
 * The closure of a store path, or of several, in a binary cache, from which machines fetch it. Only what is missing is
 * pushed, references first, so that an interrupted push leaves nothing incomplete. A preview says how much it would be;
 * a refresh asks the cache for what it tells of each path and whether it has its archive (not whether that is whole): what is
 * lost is drift, and pushed again. Deleting the resource leaves what was pushed: other closures may share it.
 *
 * The machine that runs Pulumi builds and compresses; it needs room for 256 MiB of paths, or for the biggest one.
 */
export class BinaryCache extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("BinaryCache");

  declare readonly url: pulumi.Output<string>;
  /** What was asked for; use it, rather than the build's own, where something needs the path to be in the cache. */
  declare readonly path: pulumi.Output<string>;
  declare readonly paths: pulumi.Output<string[]>;
  /** Of the keys in `signWith`: what a machine that fetches has to trust. Known in previews. */
  declare readonly publicKeys: pulumi.Output<string[]>;
  /** Store paths that the cache has from another build, as of the last push: left as they are, not signed by `signWith`. */
  declare readonly otherBuilds: pulumi.Output<string[]>;

  constructor(name: string, args: BinaryCacheArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      ...args,
      publicKeys: undefined,
      otherBuilds: undefined,
      signWith: args.signWith && pulumi.secret(args.signWith),
      credentials: args.credentials && pulumi.secret(args.credentials),
      ...dynamicProperties(name, BinaryCache.__pulumiType, "binaryCache", options),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(BinaryCache.__pulumiType, name, properties, options);
    } finally {
      formatAgain();
    }
  }
}
