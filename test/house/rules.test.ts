import assert from "node:assert/strict";
import { join } from "node:path";
import { ESLint } from "eslint";
import { checkout } from "../fleet/script";

const ssh2 = 'import { Client } from "ssh2"; export const client = new Client();';
const processes = 'import { spawn } from "node:child_process"; export const start = spawn;';

describe("the house's rules", function () {
  const eslint = new ESLint({ cwd: checkout });
  let singleRun: string | undefined;

  // On CI typescript-eslint takes files from the disk once and for all; these texts are not on the disk.
  before(() => {
    singleRun = process.env["TSESTREE_SINGLE_RUN"];
    process.env["TSESTREE_SINGLE_RUN"] = "false";
  });
  after(() => {
    if (singleRun === undefined) delete process.env["TSESTREE_SINGLE_RUN"];
    else process.env["TSESTREE_SINGLE_RUN"] = singleRun;
  });

  async function complaints(file: string, text: string): Promise<string> {
    const [result] = await eslint.lintText(text, { filePath: join(checkout, file) });
    return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`).join("\n");
  }

  const forbidden: [file: string, text: string, complaint: RegExp][] = [
    [
      "provider/host/pool.ts",
      ssh2,
      /'ssh2' may not be imported here: only provider\/host\/ssh.ts speaks SSH/,
    ],
    [
      "provider/cache/push.ts",
      'export * from "@aws-sdk/client-s3";',
      /only provider\/cache\/s3-store.ts speaks to S3/,
    ],
    ["sdk/evaluation.ts", ssh2, /only provider\/host\/ssh.ts speaks SSH/],
    ["provider/nix/store.ts", processes, /only provider\/host\/local.ts starts processes/],
    [
      "provider/nix/store.ts",
      processes.replace("node:", ""),
      /only provider\/host\/local.ts starts processes/,
    ],
    ["provider/nix/store.ts", 'export const x = require("child_process");', /only provider\/host\/local.ts/],
    [
      "provider/nix/store.ts",
      'export const x = import("node:child_process");',
      /only provider\/host\/local.ts/,
    ],
    [
      "provider/session.ts",
      'export * from "@pulumi/pulumi";',
      /what talks to the engine \(engine-\*.ts\) know Pulumi/,
    ],
    [
      "provider/errors.ts",
      'import type { Output } from "@pulumi/pulumi"; export type X = Output<1>;',
      /know Pulumi/,
    ],
    [
      "provider/dynamic.ts",
      'export { nixBuild } from "./resources/nix-build";',
      /only provider\/index.ts names the resources/,
    ],
    ["provider/session.ts", 'export { nixBuild } from "./index";', /nothing imports it/],
    [
      "provider/session.ts",
      'export { NixBuild } from "../sdk";',
      /provider\/ and cli\/ do not know the program's classes/,
    ],
    [
      "provider/resources/nix-build.ts",
      'export { commandLine } from "../host/shell";',
      /never its ways to a machine/,
    ],
    [
      "provider/resources/nix-build.ts",
      'export { LocalTransport } from "../host/local";',
      /never its ways to a machine/,
    ],
    [
      "provider/host/pool.ts",
      'export { realise } from "../nix/store";',
      /a host knows no tool that runs on it/,
    ],
    [
      "provider/nix/store.ts",
      'export { copyClosure } from "../copy/copy";',
      /nix\/ is what copies are made of/,
    ],
    ["cli/index.ts", 'export { NixBuild } from "../sdk";', /cli\/ do not know the program's classes/],
    [
      "cli/index.ts",
      'export { profileActivation } from "../provider/resources/profile-activation";',
      /only provider\/index.ts names the resources/,
    ],
    [
      "cli/index.ts",
      'export { dial } from "../provider/host/dial";',
      /the command line looks after deployments, on hosts that the pool opens/,
    ],
    ["provider/session.ts", 'export { columns } from "../cli/columns";', /nothing knows the command line/],
    ["sdk/nix-build.ts", 'export { Hosts } from "../provider/host/pool";', /of provider\/ it uses types/],
    [
      "provider/host/host.ts",
      'export type { Context } from "../resource";',
      /'..\/resource' comes back here, by provider\/resource.ts → provider\/host\/host.ts: what both need/,
    ],
    [
      "provider/host/host.ts",
      'export type X = import("../resource").Context;',
      /'..\/resource' comes back here/,
    ],
  ];
  for (const [file, text, complaint] of forbidden) {
    it(`refuse in ${file}: ${text}`, async () => assert.match(await complaints(file, text), complaint));
  }

  const allowed: [file: string, text: string][] = [
    ["provider/host/ssh.ts", ssh2],
    ["provider/host/local.ts", processes],
    ["provider/engine-log.ts", 'export * from "@pulumi/pulumi";'],
    ["cli/index.ts", 'export { Hosts } from "../provider/host/pool";'],
    ["provider/index.ts", 'export { nixBuild } from "./resources/nix-build";'],
    ["sdk/systemd-unit.ts", 'export type { UnitSections } from "../provider/systemd/sections";'],
  ];
  for (const [file, text] of allowed) {
    it(`allow in ${file}: ${text}`, async () => assert.equal(await complaints(file, text), ""));
  }

  it("refuse any, promises that nobody waits for, and words that switch a rule off", async () => {
    const file = "provider/session.ts";
    assert.match(await complaints(file, "export const x = (y: any) => [y];"), /no-explicit-any/);
    assert.match(await complaints(file, "Promise.resolve(1);"), /no-floating-promises/);
    const switchedOff = "/* eslint-disable */ export const x = (y: any) => [y];";
    assert.match(await complaints(file, switchedOff), /no-explicit-any/);
    assert.match(await complaints(file, "// @ts-ignore\nexport const x = 1;"), /ban-ts-comment/);
  });

  it("refuse files over 300 lines and functions over 50", async () => {
    const file = "provider/session.ts";
    const lines = (count: number) => "console.log(1);\n".repeat(count);
    assert.match(await complaints(file, lines(301)), /max-lines: File has too many lines/);
    assert.equal(await complaints(file, lines(300)), "");
    assert.match(await complaints(file, `export function f() {\n${lines(49)}}`), /max-lines-per-function/);
    assert.equal(await complaints(file, `export function f() {\n${lines(48)}}`), "");
  });
});
