import {
  BinaryCache,
  ClosureCopy,
  HostGarbageCollection,
  NixBuild,
  ProfileActivation,
  SigningKey,
  SystemdUnit,
} from "pulumi-nix";
import { nixBuild } from "pulumi-nix/provider";

const classes = [
  NixBuild,
  BinaryCache,
  ClosureCopy,
  HostGarbageCollection,
  ProfileActivation,
  SigningKey,
  SystemdUnit,
];
console.log(JSON.stringify({ classes: classes.map(({ name }) => name), handler: Object.keys(nixBuild) }));
