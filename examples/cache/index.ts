import * as pulumi from "@pulumi/pulumi";
import {
  BinaryCache,
  ClosureCopy,
  NixBuild,
  ProfileActivation,
  SigningKey,
  type Connection,
} from "pulumi-nix";

const config = new pulumi.Config();
// By name: `{ host, hostKey }`.
const hosts = config.requireObject<Record<string, { host: string; hostKey: string }>>("hosts");
const privateKey = config.requireSecret("privateKey");

// Made once and kept, encrypted, in the stack's state.
const key = new SigningKey("cache", { name: "cache.example.org-1" });

const tool = new NixBuild("tool", { file: "tool.nix", args: { version: config.require("version") } });

// Only what the cache lacks is pushed.
const cache = new BinaryCache("tool", {
  url: config.require("cache"),
  path: tool.outPath,
  signWith: [key.secretKey],
  credentials: { user: config.require("cacheUser"), password: config.requireSecret("cachePassword") },
});

for (const [name, host] of Object.entries(hosts)) {
  const connection: Connection = { ...host, privateKey };

  // Fetched by the host itself; what it does not get there within a minute is sent over SSH.
  const copy = new ClosureCopy(name, {
    connection,
    path: cache.path,
    substituters: [cache.url],
    trustedPublicKeys: cache.publicKeys,
    fetchLimit: 60,
  });

  new ProfileActivation(name, {
    connection,
    profile: "tool",
    path: copy.path,
    kind: "noop",
    onDestroy: "remove",
  });
}

export const publicKey = key.publicKey;
