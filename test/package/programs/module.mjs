import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit } from "pulumi-nix";

console.log(JSON.stringify([NixBuild, ClosureCopy, ProfileActivation, SystemdUnit].map(({ name }) => name)));
