import * as pulumi from "@pulumi/pulumi";

/** A machine that Nix itself logs in on, over SSH at port 22, to build there. */
export interface Builder {
  /** Name or address. */
  host: pulumi.Input<string>;
  /** Who logs in; root by default. Nix on the machine has to trust the login. */
  user?: pulumi.Input<string>;
  /**
   * The text of a private key without a password. Secret. While it builds, Nix reads it from a file that has no name and is
   * gone with the build. By default the keys that root has on the machine that builds.
   */
  privateKey?: pulumi.Input<string>;
  /** The public host key, `ssh-ed25519 AAAA…`. By default it has to be in root's known_hosts on the machine that builds. */
  hostKey?: pulumi.Input<string>;
  /** What it builds for: `["x86_64-linux"]`; by default the system of the machine that builds. */
  systems?: pulumi.Input<pulumi.Input<string>[]>;
  /** How many derivations at a time; 1 by default. */
  maxJobs?: pulumi.Input<number>;
  /** How fast it is against the others, a whole number; 1 by default. */
  speedFactor?: pulumi.Input<number>;
  /** What it can do: `["kvm", "big-parallel"]`, as derivations ask for it in `requiredSystemFeatures`. */
  supportedFeatures?: pulumi.Input<pulumi.Input<string>[]>;
  /** It takes only derivations that ask for these. */
  mandatoryFeatures?: pulumi.Input<pulumi.Input<string>[]>;
}

export type Builders = pulumi.Input<string> | pulumi.Input<pulumi.Input<Builder>[]>;

/** Marks the private keys as secret; what else is said of a machine stays readable. */
export function withBuilderSecrets(builders: Builders): unknown {
  if (Array.isArray(builders)) return builders.map(withSecretKey);
  return pulumi
    .output<string | pulumi.Input<Builder>[]>(builders)
    .apply((known) => (typeof known === "string" ? known : known.map(withSecretKey)));
}

function withSecretKey(builder: pulumi.Input<Builder>): unknown {
  if (pulumi.Output.isInstance(builder) || builder instanceof Promise)
    return pulumi.output(builder).apply(withSecretKey);
  if (builder.privateKey === undefined) return builder;
  return { ...builder, privateKey: pulumi.secret(builder.privateKey) };
}
