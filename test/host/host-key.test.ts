import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema, isLocal } from "../../provider/connection";
import type { Endpoint } from "../../provider/connection";
import { ConnectError } from "../../provider/errors";
import { hostKeyCheck, knownHostsLines } from "../../provider/host/host-key";
import { setEnvironment } from "../fleet";

const type = "ssh-ed25519";
const known = "AAAAC3NzaC1lZDI1NTE5AAAAIEfD7jDgF1mR6FQm4SxEqm0WvJWqFqzLpDTtu7mFDPUy";
const other = "AAAAC3NzaC1lZDI1NTE5AAAAIPpZgNrOq8yzV4w0xvHcAqcbw8NpGnmxH1sFDFCIvGsE";

function endpoint(fields: Partial<Endpoint>): Endpoint {
  const connection = connectionSchema.parse({ host: "web1", ...fields });
  assert.ok(!isLocal(connection));
  return connection;
}

async function refusal(fields: Partial<Endpoint>, key = known): Promise<ConnectError | undefined> {
  return (await hostKeyCheck(endpoint(fields))).refuse(Buffer.from(key, "base64"));
}

async function refusalText(fields: Partial<Endpoint>, key = known): Promise<string> {
  const refused = await refusal(fields, key);
  assert.ok(refused);
  assert.equal(refused.phase, "verify");
  return refused.message;
}

describe("the check of a host key", () => {
  it("accepts the key that hostKey gives, with or without a comment or a host name, among several", async () => {
    for (const hostKey of [
      `${type} ${known}`,
      `${type} ${known} root@web1`,
      `web1 ${type} ${known}`,
      `# both\n${type} ${other}\n${type} ${known}\n`,
    ]) {
      assert.equal(await refusal({ hostKey }), undefined, hostKey);
    }
    assert.match(await refusalText({ hostKey: `${type} ${other}` }), /NOT THE KNOWN ONE.*Known: hostKey\n/);
  });

  it("takes a hostKey of every type that sshd has", async () => {
    for (const each of ["ssh-rsa", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"]) {
      assert.deepEqual((await hostKeyCheck(endpoint({ hostKey: `${each} AAAAB` }))).types, [each]);
    }
  });

  it("accepts the key by the fingerprint that it shows for it", async () => {
    const text = await refusalText({ knownHosts: "nobody else" });
    const [shown] = /SHA256:[\w+/]+/.exec(text) ?? [];
    assert.ok(shown?.startsWith("SHA256:"));
    for (const hostKey of [shown, `${shown}=`, `${shown} web1 (ED25519)`]) {
      assert.equal(await refusal({ hostKey }), undefined, hostKey);
    }
    assert.match(await refusalText({ hostKey: shown }, other), /NOT THE KNOWN ONE/);
  });

  it("shows the line to set when the key is not known", async () => {
    const text = await refusalText({ knownHosts: `web2 ${type} ${known}` });
    assert.match(text, /^verifying the host key on web1 failed: its key is not known: ssh-ed25519 SHA256:/);
    assert.ok(text.includes(`hostKey: "${type} ${known}"`));
  });

  it("is louder about a key that differs from the known one, and names the line", async () => {
    const text = await refusalText({ knownHosts: `# mine\nweb1 ${type} ${other}` });
    assert.match(text, /NOT THE KNOWN ONE.*Known: knownHosts:2/);
    assert.match(text, /man in the middle/);
    assert.ok(!text.includes("set hostKey"));
  });

  it("is as loud when the machine is known by a key of another type", async () => {
    assert.match(await refusalText({ knownHosts: "web1 ecdsa-sha2-nistp256 AAAA" }), /NOT THE KNOWN ONE/);
  });

  it("refuses a revoked key also where the same key is listed as good", async () => {
    const knownHosts = `web1 ${type} ${known}\n@revoked * ${type} ${known}`;
    assert.match(await refusalText({ knownHosts }), /revoked in knownHosts:2\n.*man in the middle/);
  });

  it("lets another's revoked key neither stand for the machine nor against it", async () => {
    const revoked = `@revoked * ${type} ${other}`;
    assert.equal(await refusal({ knownHosts: `${revoked}\nweb1 ${type} ${known}` }), undefined);
    assert.match(await refusalText({ knownHosts: revoked }), /its key is not known/);
    assert.deepEqual((await hostKeyCheck(endpoint({ knownHosts: revoked }))).types, []);
  });

  it("goes by the port too", async () => {
    const knownHosts = `web1 ${type} ${other}\n[web1]:2222 ${type} ${known}`;
    assert.equal(await refusal({ knownHosts, port: 2222 }), undefined);
    assert.match(await refusalText({ knownHosts, port: 2223 }), /its key is not known/);
  });

  it("does not take an authority's key for the machine's", async () => {
    assert.match(await refusalText({ knownHosts: `@cert-authority web1 ${type} ${known}` }), /not known/);
  });

  it("asks for the types that are known, so that a machine with several keys shows one of them", async () => {
    const { types } = await hostKeyCheck(
      endpoint({ knownHosts: `web1 ssh-rsa AAAA\nweb2 ${type} ${known}` }),
    );
    assert.deepEqual(types, ["ssh-rsa"]);
  });

  it("finds a knownHosts file in the home folder", async () => {
    const home = mkdtempSync(join(tmpdir(), "host-key-"));
    const restore = setEnvironment({ HOME: home });
    try {
      writeFileSync(join(home, "known"), `web1 ${type} ${known}\n`);
      assert.equal(await refusal({ knownHosts: "~/known" }), undefined);
    } finally {
      restore();
      rmSync(home, { recursive: true });
    }
  });

  it("refuses a hostKey that is none, and a knownHosts file that is not there", async () => {
    await assert.rejects(hostKeyCheck(endpoint({ hostKey: "certainly" })), /hostKey is not a public key/);
    await assert.rejects(
      hostKeyCheck(endpoint({ knownHosts: "/nowhere/known_hosts" })),
      /knownHosts cannot be read/,
    );
  });

  it("accepts anything when it is switched off", async () => {
    assert.equal(await refusal({ verifyHostKey: false, hostKey: `${type} ${other}` }), undefined);
  });

  it("can be made by ssh on another machine, with the lines that it has to know", async () => {
    const line = `${type} ${known}`;
    assert.deepEqual(await knownHostsLines(endpoint({ hostKey: `${line} root@web1` })), [`web1 ${line}`]);
    assert.deepEqual(
      await knownHostsLines(endpoint({ port: 2222, knownHosts: `[web1]:2222 ${line}\nweb1 x y` })),
      [`[web1]:2222 ${line}`],
    );
    assert.deepEqual(await knownHostsLines(endpoint({ hostKey: "SHA256:abc" })), []);
    assert.deepEqual(await knownHostsLines(endpoint({ hostKey: line, verifyHostKey: false })), []);
  });
});
