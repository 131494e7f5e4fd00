import * as pulumi from "@pulumi/pulumi";
import type { CacheCredentials } from "./binary-cache";
import { withSecrets, type Connection } from "./connection";
import { dynamicProperties, given, leaveTracesUnformatted, resourceType } from "./resource";

export interface ClosureCopyArgs {
  /** The machine to copy to. Another machine is another copy (replace); other ways and keys are no diff. */
  connection: pulumi.Input<Connection>;
  /** The store path whose closure has to be there; or `paths`. A change copies what is missing (update). */
  path?: pulumi.Input<string>;
  /** Several store paths, copied together. */
  paths?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Secret keys that sign what travels, `NAME:BASE64` as a `SigningKey` or `nix key generate-secret` makes them: the key
   * itself; of one in a file, `readFileSync("key.sec", "utf8")`. Signed in the process that copies; the key is written to no
   * disk, and the paths that stay here do not get the signature. Secret. None by default. A change is no diff; the next copy
   * uses it.
   */
  signWith?: pulumi.Input<string | pulumi.Input<string>[]>;
  /**
   * True lets only paths travel that carry a valid signature of one of `trustedPublicKeys`, whoever logs in; what is
   * content-addressed needs none. Another path fails the copy before the first byte, by name. Paths that the machine has
   * already, and those that it fetches by itself (`substituters`), are not looked at: it takes them by its own rules. True
   * by default with the URL of a cache in `from`, else false. A change is no diff.
   */
  requireSignatures?: pulumi.Input<boolean>;
  /**
   * Public keys, `NAME:BASE64`, whose signatures count for this copy; by default those of `trusted-public-keys` in the
   * machine's nix.conf. Refused where nothing asks for signatures: without `requireSignatures`, which the URL of a cache in
   * `from` sets unless it is false, and without what the machine fetches by itself, from `substituters` or from that cache.
   * A change is no diff.
   */
  trustedPublicKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How much has to stay free behind the copy where the machine's store is: bytes, or a text like `"500M"` or `"5G"` (K, M,
   * G and T are multiples of 1024); 0 by default. A copy for which there is no room fails before its first byte, and a
   * preview warns of it. What is needed is reckoned from the sizes of what is missing there, as if no two files were the
   * same; what other programs bring there at the same time is not reckoned with. Inodes are looked at too, where the file
   * system has only so many: two a path, the least that they take. `false` copies without looking: for a file system that
   * compresses, say. No diff.
   */
  freeSpace?: pulumi.Input<number | string | false>;
  /**
   * Whether, when there is too little room, garbage is collected on the machine first (not with false in `freeSpace`): of what
   * nothing leads to, as much as is needed, which paths being Nix's choice; all of it where inodes are too few. Generations stay: see `HostGarbageCollection`, which unlike this also holds
   * what a profile may have to be led back to and no generation has (a system that `action: "test"` switched to). False by
   * default. No diff.
   */
  collectGarbage?: pulumi.Input<boolean>;
  /**
   * Where the closure comes from; what travels goes through this machine without being stored on it, so nothing need be
   * built here. No diff. By default it is this machine, and for a path that a `NixBuild` builds elsewhere (`buildOn`) the
   * machine that builds it. Otherwise
   *
   * - the connection to another machine that has it, or
   * - the URL of a binary cache: `https://…`, `http://…`, `s3://bucket?…` or `file:///…` of this machine. The machine fetches
   *   by itself what it can. Each path that travels has to be signed by one of `trustedPublicKeys`, by default the machine's
   *   own; false in `requireSignatures` waives that.
   */
  from?: pulumi.Input<Connection | string>;
  /**
   * With a machine in `from`, or what was built elsewhere: that machine sends to this connection's machine by itself, over
   * SSH, and nothing travels through this one. It takes a `privateKey` without a password, a host key that is known as a whole
   * (`hostKey`, but no fingerprint, or `knownHosts`) and, with `elevate`, no password for that; the key is lent to the other machine for as long as the copy takes, in an agent's memory, by
   * standard input. Where the two do not reach each other, or nothing moves for 600 seconds, a warning says so, and the paths
   * go by way of this machine. Not with `signWith` or `requireSignatures`: what does not come by here is not looked at here. False by default.
   * No diff.
   */
  direct?: pulumi.Input<boolean>;
  /** What opens the cache in `from`. The machine is not told, and then fetches nothing by itself from it. Secret. No diff. */
  credentials?: pulumi.Input<CacheCredentials>;
  /**
   * Caches from which the machine may fetch by itself what it lacks, for this copy only, in place of those in its nix.conf;
   * true means just those in its nix.conf. The rest is sent, and a warning says why. The machine heeds them, and
   * `trustedPublicKeys`, only from a login that it trusts. None by default: then all is sent. No diff.
   */
  substituters?: pulumi.Input<true | pulumi.Input<string>[]>;
  /** Seconds for what the machine fetches by itself, after which the rest is sent; 300 by default. No diff. */
  fetchLimit?: pulumi.Input<number>;
}

/**
 * The closure of a store path, or of several, on a machine. What the machine has already does not travel. The paths
 * are protected from the machine's garbage collector from before the first byte, and by a root of ours as long as
 * this resource exists; deleting it removes the root, and the paths are then the collector's.
 */
export class ClosureCopy extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("ClosureCopy");

  /** What was asked for; use it, rather than the build's own, where something needs the path to be there. */
  declare readonly path: pulumi.Output<string>;
  declare readonly paths: pulumi.Output<string[]>;

  constructor(name: string, args: ClosureCopyArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      ...given({
        ...args,
        signWith: args.signWith && pulumi.secret(args.signWith),
        from: args.from && pulumi.output(args.from).apply((from) => sourceOf(from)),
        credentials: args.credentials && pulumi.secret(args.credentials),
      }),
      path: args.path,
      paths: args.paths,
      connection: withSecrets(args.connection),
      ...dynamicProperties(name, ClosureCopy.__pulumiType, "closureCopy", options),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(ClosureCopy.__pulumiType, name, properties, options);
    } finally {
      formatAgain();
    }
  }
}

function sourceOf(from: string | pulumi.Unwrap<Connection>): pulumi.Input<string | Record<string, unknown>> {
  return typeof from === "string" ? from : withSecrets(from);
}
