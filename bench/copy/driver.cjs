"use strict";
/**
 * Copies as a run of Pulumi does, in a process of its own: of the packed package and in plain JavaScript, since what
 * loads TypeScript would be measured with it. Reads a request a line, `{ connections, path }`, brings the path to all of
 * the machines at once, and answers each with a line: seconds, the paths that travelled, bytes of memory at their most.
 * `--without-native`: as where npm found no compiler, so that ssh2 encrypts by way of Node alone.
 */
const Module = require("node:module");
const { createInterface } = require("node:readline");
const { join } = require("node:path");

if (process.argv[2] === "--without-native") {
  const load = Module._load;
  Module._load = (request, ...others) => {
    if (request.endsWith("sshcrypto.node")) throw new Error("left out");
    return load(request, ...others);
  };
}

const provider = join(__dirname, "../../examples/node_modules/pulumi-nix/dist/provider");
const { Hosts } = require(join(provider, "host/pool.js"));
const { connectionSchema } = require(join(provider, "connection.js"));
const { storeSource } = require(join(provider, "copy/closure-source.js"));
const { copyClosure } = require(join(provider, "copy/copy.js"));
const { ensureRoots } = require(join(provider, "nix/roots.js"));

const hosts = new Hosts();
const roots = "/var/lib/pulumi-nix/roots/bench-copy";

async function copyTo(connection, path) {
  const source = storeSource(await hosts.get(connectionSchema.parse({ local: true })));
  const host = await hosts.get(connectionSchema.parse(connection));
  const root = () => ensureRoots(host, undefined, roots, [path]);
  return copyClosure({ source, target: { host, as: undefined }, paths: [path], root });
}

async function answer({ connections, path }) {
  const began = process.hrtime.bigint();
  const reports = await Promise.all(connections.map((connection) => copyTo(connection, path)));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const copied = reports.reduce((sum, report) => sum + report.copied, 0);
  return { seconds, copied, memory: process.resourceUsage().maxRSS * 1024 };
}

async function main() {
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  await hosts.close();
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
