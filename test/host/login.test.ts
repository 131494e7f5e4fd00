import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../provider/connection";
import { ConnectError } from "../../provider/errors";
import { Hosts } from "../../provider/host/pool";
import { passwords, setEnvironment, sharedFleet } from "../fleet";
import type { Host as TestHost } from "../fleet";
import { connectionTo } from "./fixtures/connect";

const nothing = { privateKey: undefined, password: undefined };

describe("logging in", () => {
  let target: TestHost;
  let hosts: Hosts;
  let folder: string;
  let restoreEnvironment: () => void;

  before(async () => {
    [target] = (await sharedFleet({ bookworm: 1 })).bookworm as [TestHost];
  });

  beforeEach(() => {
    hosts = new Hosts();
    folder = mkdtempSync(join(tmpdir(), "login-"));
    restoreEnvironment = setEnvironment({});
  });

  afterEach(async () => {
    restoreEnvironment();
    await hosts.close();
    rmSync(folder, { recursive: true });
  });

  async function userOf(connection: Connection): Promise<string> {
    const host = await hosts.get(connection);
    return (await host.run(["id", "-un"], { doing: "testing" })).stdout.trim();
  }

  async function refusal(connection: Connection): Promise<string> {
    const error: unknown = await hosts.get(connection).catch((reason: unknown) => reason);
    assert.ok(error instanceof ConnectError);
    assert.equal(error.phase, "login");
    return error.message;
  }

  it("works with a password", async () => {
    assert.equal(await userOf(connectionTo(target, "bob")), "bob");
  });

  it("works with a password that the machine asks for in a dialogue", async () => {
    await target.sh(
      "/usr/sbin/sshd -p 2223 -o PasswordAuthentication=no -o KbdInteractiveAuthentication=yes -o PidFile=/run/sshd-2223.pid",
    );
    try {
      assert.equal(await userOf(connectionTo(target, "bob", { port: 2223 })), "bob");
    } finally {
      await target.sh("kill $(cat /run/sshd-2223.pid)");
    }
  });

  it("goes on to the password when the key is refused", async () => {
    const both = { privateKey: target.privateKey, password: passwords.bob };
    assert.equal(await userOf(connectionTo(target, "bob", both)), "bob");
  });

  it("works with a key that has a password, which must be right", async () => {
    const file = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "right", "-f", file]);
    await target.sh("cat >>/home/alice/.ssh/authorized_keys", { input: readFileSync(`${file}.pub`, "utf8") });
    const key = { privateKey: readFileSync(file, "utf8") };
    assert.equal(
      await userOf(connectionTo(target, "alice", { ...key, privateKeyPassword: "right" })),
      "alice",
    );
    const wrong = new Hosts();
    for (const privateKeyPassword of [undefined, "wr0ng"]) {
      const text = await wrong
        .get(connectionTo(target, "alice", { ...key, privateKeyPassword }))
        .catch(String);
      assert.match(text as string, /privateKey cannot be used: .*\nhint: it is encrypted: give the right/);
      assert.ok(!(text as string).includes("wr0ng"));
    }
  });

  it("works with an agent", async () => {
    const socket = join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(agent.stdout, "data");
      execFileSync("ssh-add", ["-q", target.privateKeyPath], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
      });
      assert.equal(
        await userOf(connectionTo(target, "alice", { ...nothing, agentSocketPath: socket })),
        "alice",
      );
      process.env.SSH_AUTH_SOCK = socket;
      await hosts.close();
      hosts = new Hosts();
      assert.equal(await userOf(connectionTo(target, "alice", nothing)), "alice");
    } finally {
      agent.kill();
    }
  });

  it("does not fail for an agent that is not there when another way works", async () => {
    const both = { agentSocketPath: join(folder, "nobody"), password: passwords.bob };
    assert.equal(await userOf(connectionTo(target, "bob", both)), "bob");
  });

  it("takes the user's own key and known_hosts when nothing is given", async () => {
    process.env.HOME = folder;
    delete process.env.SSH_AUTH_SOCK;
    mkdirSync(join(folder, ".ssh"));
    const connection = connectionTo(target, "alice", { ...nothing, hostKey: undefined });
    assert.match(await refusal(connection), /there is nothing to log in with/);
    // One that wants a password is passed over.
    execFileSync("ssh-keygen", ["-q", "-N", "some password", "-f", join(folder, ".ssh/id_ed25519")]);
    assert.match(await refusal(connection), /there is nothing to log in with/);
    writeFileSync(join(folder, ".ssh/known_hosts"), `${target.knownHostsLine}\n`);
    for (const name of ["id_rsa", "id_ecdsa", "id_ed25519"]) {
      writeFileSync(join(folder, ".ssh", name), target.privateKey);
      await hosts.close();
      hosts = new Hosts();
      assert.equal(await userOf(connection), "alice", name);
      rmSync(join(folder, ".ssh", name));
    }
  });

  it("tries what was given and nothing else, the key first and the agent last", async () => {
    process.env.HOME = folder;
    mkdirSync(join(folder, ".ssh"));
    writeFileSync(join(folder, ".ssh/id_ed25519"), target.privateKey);
    const given = { privateKey: target.privateKey, password: "wrong", agentSocketPath: "/nowhere" };
    const text = await refusal(connectionTo(target, "bob", given));
    assert.match(text, /\(tried: privateKey, password, the agent at \/nowhere\)/);
    assert.match(text, /\nhint: try the same by hand: ssh -p 22 bob@10\./);
  });

  it("is refused at once with a wrong password, which is not shown", async () => {
    const before = (await target.sshdLog()).length;
    const text = await refusal(connectionTo(target, "bob", { password: "poison-55aa" }));
    assert.match(text, /^logging in on bob@.* failed: the login as "bob" was refused \(tried: password\)/);
    assert.match(text, /hint: .*sshd's log/);
    assert.ok(!text.includes("poison"));
    const tries = (await target.sshdLog()).slice(before).filter((line) => line.startsWith("Failed password"));
    assert.equal(tries.length, 1, "a refused login is not tried again");
  });

  it("is refused for a text that is no key", async () => {
    assert.match(
      await refusal(connectionTo(target, "alice", { privateKey: "~/.ssh/id_rsa" })),
      /the text of the private key/,
    );
  });
});
