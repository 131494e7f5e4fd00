import assert from "node:assert/strict";
import { endpointOf } from "../../cli/connection";
import { pulumiNix } from "./command-line";

describe("the command line", function () {
  const commands = ["history", "status", "unlock", "rollback"];

  it("tells by --help which commands there are, and each one's options", async () => {
    const overview = await pulumiNix(["--help"]);
    assert.equal(overview.code, 0);
    for (const name of commands) {
      assert.match(overview.stdout, new RegExp(`^  ${name} HOST`, "m"));
      const { code, stdout } = await pulumiNix([name, "--help"]);
      assert.equal(code, 0);
      assert.match(
        stdout,
        new RegExp(`^usage: pulumi-nix ${name} HOST.*\\n(.*\\n)*  --identity FILE  +a private key`),
      );
    }
  });

  const wrong: [args: string[], complaint: RegExp][] = [
    [["destroy", "web1"], /^pulumi-nix: there is no command 'destroy'/],
    [["status"], /^pulumi-nix status: HOST is missing/],
    [["status", "web1", "more"], /^pulumi-nix status: 'more' is too much/],
    [["status", "web1", "--fast"], /^pulumi-nix status: Unknown option '--fast' \(/],
    [["status", "web1", "--port"], /^pulumi-nix status: Option '--port <value>' argument missing/],
    [["status", "web1", "--port", "ssh"], /^pulumi-nix status: --port: must be a number/],
    [["status", "web1", "--elevate", "su"], /^pulumi-nix status: --elevate: must be none, sudo or doas/],
    [["status", "a b"], /^pulumi-nix status: 'a b' is not \[USER@\]HOST\[:PORT\]/],
    [["status", "web1", "--identity", "/nowhere/key"], /^pulumi-nix status: --identity: ENOENT/],
  ];
  for (const [args, complaint] of wrong) {
    it(`refuses '${args.join(" ")}' in one line, with exit code 2`, async () => {
      const { code, stdout, stderr } = await pulumiNix(args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, complaint);
      assert.equal(stderr.split("\n").length, 2);
    });
  }

  it("understands a host with user, port and an address of either kind", () => {
    assert.deepEqual(endpointOf("web1"), { host: "web1" });
    assert.deepEqual(endpointOf("alice@web1:2222"), { user: "alice", host: "web1", port: 2222 });
    assert.deepEqual(endpointOf("alice@[::1]:2222"), { user: "alice", host: "::1", port: 2222 });
    assert.deepEqual(endpointOf("fe80::1"), { host: "fe80::1" });
    for (const text of ["", "web1:0", "web1:70000", "@web1", "web1:", "a@b@c"]) {
      assert.throws(() => endpointOf(text), /is not \[USER@\]HOST/, text);
    }
  });

  it("tells what is wrong with a connection as the provider does, with exit code 1", async () => {
    const { code, stdout, stderr } = await pulumiNix(["status", "127.0.0.1:1", "--host-key", "SHA256:none"]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /opening the SSH connection on 127.0.0.1:1 failed: .*ECONNREFUSED|there is nothing to log in with/,
    );
  });
});
