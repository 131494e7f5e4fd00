import { PolicyPack } from "@pulumi/policy";
import { closureGrowth } from "./closure-growth";
import { confirmedChanges } from "./confirmed-changes";
import { deniedPackages } from "./denied-packages";
import { copiesOfBuilds, signedCopies, unsignedPaths } from "./unsigned-copies";

new PolicyPack("pulumi-nix", {
  enforcementLevel: "mandatory",
  policies: [unsignedPaths, signedCopies, copiesOfBuilds, confirmedChanges, deniedPackages, closureGrowth],
});
