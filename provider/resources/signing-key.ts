import { z } from "zod";
import { resourceId } from "../identity";
import { generateKeys, keyNameSchema } from "../nix/signing-keys";
import type { Resource } from "../resource";

export interface SigningKeyInputs {
  name: string;
}

export interface SigningKeyState extends SigningKeyInputs {
  publicKey: string;
  secretKey: string;
}

/** A pair of keys for signing store paths, which is nowhere but in the state. */
export const signingKey: Resource<SigningKeyInputs, SigningKeyState> = {
  name: "SigningKey",

  inputs: z.strictObject({ name: keyNameSchema }),

  replacedBy: ["name"],

  identify: (_inputs, urn) => resourceId(urn, undefined),

  // Another key would make all that this one has signed worthless: it is made once.
  ensure: async (_id, { name }, previous) => previous ?? { name, ...generateKeys(name) },

  // There is nowhere else to look.
  read: async (_id, state) => state,

  async remove() {
    // It is gone with the state.
  },
};
