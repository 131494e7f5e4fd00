import { PolicyPack } from "@pulumi/policy";
import { closureGrowth } from "./closure-growth";
import { confirmedChanges } from "./confirmed-changes";
import { deniedPackages } from "./denied-packages";
import { copiesOfBuilds, unsignedPaths } from "./unsigned-copies";

new PolicyPack("pulumi-nix", {
  enforcementLevel: "mandatory",
  policies: [unsignedPaths, copiesOfBuilds, confirmedChanges, deniedPackages, closureGrowth],
});
