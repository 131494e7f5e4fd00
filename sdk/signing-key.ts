import * as pulumi from "@pulumi/pulumi";
import { dynamicProperties, leaveTracesUnformatted, resourceType } from "./resource";

export interface SigningKeyArgs {
  /**
   * What signatures call the key by, such as `example.org-1`: without blanks and colons. Part of both keys, so a change
   * makes another pair (replace).
   */
  name: pulumi.Input<string>;
}

/**
 * A pair of ed25519 keys for signing store paths, as `nix key generate-secret` makes them. Made once, by the machine that
 * runs Pulumi, and kept in the stack's state and nowhere else; deleting the resource forgets it. What it has signed stays
 * signed, and is trusted as long as the public key is.
 */
export class SigningKey extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("SigningKey");

  declare readonly name: pulumi.Output<string>;
  /** `NAME:BASE64`, for `trusted-public-keys` in the nix.conf of machines, and for `trustedPublicKeys`. */
  declare readonly publicKey: pulumi.Output<string>;
  /** `NAME:BASE64`, for `signWith`. Secret: encrypted in the state, and in no file on any machine. */
  declare readonly secretKey: pulumi.Output<string>;

  constructor(name: string, args: SigningKeyArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      name: args.name,
      publicKey: undefined,
      secretKey: undefined,
      ...dynamicProperties(name, SigningKey.__pulumiType, "signingKey", options),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(SigningKey.__pulumiType, name, properties, withSecretKey(options));
    } finally {
      formatAgain();
    }
  }
}

function withSecretKey(options: pulumi.CustomResourceOptions | undefined): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(options, { additionalSecretOutputs: ["secretKey"] });
}
