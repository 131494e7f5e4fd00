import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { sharedFleet, type Host } from "../fleet";
import { passwords } from "../fleet/users";
import { hostArguments, program, pulumiNix } from "./command-line";

describe("the password for sudo", function () {
  const flags = ["--elevate", "sudo"];
  let host: Host;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
  });

  it("is asked for at the terminal, which does not show it", async () => {
    const args = ["history", ...hostArguments(host, "operator"), ...flags, "--ask-password"];
    const { code, shown } = await atTerminal([...program, ...args], `${passwords.operator}x\x7f\r`);
    assert.equal(code, 0, shown);
    assert.match(shown, /^password for sudo: \r\nno deployments\r\n$/);
  });

  it("may come from the environment", async () => {
    const args = ["history", ...hostArguments(host, "operator"), ...flags];
    process.env["PULUMI_NIX_ELEVATE_PASSWORD"] = passwords.operator;
    const { code, stderr } = await pulumiNix(args);
    delete process.env["PULUMI_NIX_ELEVATE_PASSWORD"];
    assert.deepEqual([code, stderr], [0, ""]);
  });

  it("is not shown when it is wrong", async () => {
    const args = ["history", ...hostArguments(host, "operator"), ...flags, "--ask-password"];
    const { code, stdout, stderr } = await pulumiNix(args, { input: "hunter2-wrong\n" });
    assert.equal(code, 1);
    assert.match(stderr, /sudo refused the password of "operator"/);
    assert.doesNotMatch(stdout + stderr, /hunter2/);
  });

  it("is missed when it is not given", async () => {
    const { code, stderr } = await pulumiNix(["history", ...hostArguments(host, "operator"), ...flags]);
    assert.equal(code, 1);
    assert.match(stderr, /"operator" could not become "root"/);
  });
});

/** Runs a command at a terminal of its own and types when it has asked. */
function atTerminal(command: string[], typed: string): Promise<{ code: number | null; shown: string }> {
  const quoted = command.map((word) => `'${word}'`).join(" ");
  const terminal = spawn("script", ["-qec", quoted, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  let shown = "";
  terminal.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    if (shown === "password for sudo: ") terminal.stdin.write(typed);
  });
  return new Promise((resolve) => terminal.on("close", (code) => resolve({ code, shown })));
}
