import assert from "node:assert/strict";
import { admissions, type Trust } from "../../provider/copy/admission";
import type { Destination } from "../../provider/copy/destination";
import { RefusedError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { isSignedBy } from "../../provider/nix/signature";
import { generateKeys, parsePublicKey } from "../../provider/nix/signing-keys";
import type { ValidPath } from "../../provider/nix/valid-path";
import { parseStorePath } from "../../provider/values";
import { sharedFleet, type Host as TestHost, type User } from "../fleet";
import { connectionTo } from "../host/fixtures/connect";
import { configureNix } from "../nix/nix-conf";

describe("what is asked of paths before they travel", () => {
  const keys = generateKeys("prod-1");
  const others = generateKeys("other-1");
  let machine: TestHost;
  let hosts: Hosts;

  before(async () => {
    machine = (await sharedFleet({ bookworm: 1 })).bookworm[0] as TestHost;
  });
  beforeEach(() => {
    hosts = new Hosts();
  });
  afterEach(async () => {
    await hosts.close();
    await configureNix(machine);
  });

  const configure = (lines: string): Promise<void> => configureNix(machine, lines);
  const path = (name: string): ValidPath => ({
    path: parseStorePath(`/nix/store/${"a".repeat(32)}-${name}`),
    deriver: undefined,
    references: [],
    narSize: 112,
    narHash: "0".repeat(64),
    ca: "",
    signatures: [],
  });
  const missing = ["one", "two", "three", "four", "five"].map(path);
  async function admit(
    user: User,
    trust: Trust,
    paths: readonly ValidPath[] = missing,
  ): Promise<readonly ValidPath[]> {
    const destination: Destination = { host: await hosts.get(connectionTo(machine, user)), as: undefined };
    let admitted = paths;
    for (const admission of admissions(destination, trust)) admitted = await admission(admitted);
    return admitted;
  }
  const refused = async (user: User, trust: Trust, paths?: readonly ValidPath[]): Promise<RefusedError> => {
    const error = await admit(user, trust, paths).then(
      () => assert.fail("it was admitted"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof RefusedError, String(error));
    return error;
  };

  it("is nothing of what root brings, who is not asked", async () => {
    const root = await hosts.get(connectionTo(machine));
    const ran: string[] = [];
    const run: Host["run"] = (argv, options) => {
      ran.push(options.doing);
      return root.run(argv, options);
    };
    const { name, user, canElevate, open } = root;
    for (const admission of admissions({ host: { name, user, canElevate, open, run }, as: undefined }, {}))
      assert.equal(await admission(missing), missing);
    assert.deepEqual(ran, ["looking around"]);
  });

  it("is nothing where nothing is missing, and then the machine is not asked", async () => {
    const nobody = { name: "nobody", user: "nobody", canElevate: false } as Host;
    const trust: Trust = { signWith: keys.secretKey, requireSignatures: true };
    for (const admission of admissions({ host: nobody, as: undefined }, trust))
      assert.deepEqual(await admission([]), []);
  });

  it("is a signature of a key that the machine trusts, of a login that it does not trust", async () => {
    await configure(`extra-trusted-public-keys = ${keys.publicKey}`);
    const admitted = await admit("alice", { signWith: [others.secretKey, keys.secretKey] });
    assert.ok(admitted.every((one) => isSignedBy(one, [parsePublicKey(keys.publicKey)])));
  });

  it("else the login is refused, with the setting, the first paths and the ways out", async () => {
    const error = await refused("alice", {});
    const [one, two, three] = missing.map((info) => info.path);
    assert.equal(
      error.message,
      [
        `copying 5 paths on ${error.host} failed: the Nix daemon there does not trust the login "alice", and all of them lack a ` +
          `signature that it accepts: ${one}, ${two}, ${three} and 2 more`,
        "the machine is as before: nothing was sent",
        "hint: one of: add alice to trusted-users in /etc/nix/nix.conf there (now: root deploy); sign the paths with signWith and " +
          "add its public key to trusted-public-keys there (now: cache.nixos.org-1); set elevate on the connection, so " +
          "that root brings them. After a change of nix.conf: systemctl restart nix-daemon",
      ].join("\n"),
    );
    assert.equal(error.changed, undefined);
  });

  it("is told with the public key when the machine does not know the one that signs", async () => {
    const { message } = await refused("alice", { signWith: keys.secretKey });
    assert.ok(
      message.includes(`; add ${keys.publicKey} to trusted-public-keys there (now: cache.nixos.org-1)`),
      message,
    );
    assert.ok(!message.includes(keys.secretKey));
  });

  it("is left to the daemon when the login cannot know of all keys, or none is required", async () => {
    await configure("require-sigs = false");
    assert.deepEqual(await admit("alice", {}), missing);
    await configure("secret-key-files = /root/key");
    await hosts.close();
    hosts = new Hosts();
    assert.equal((await admit("alice", { signWith: keys.secretKey })).length, 5);
    await refused("alice", {});
  });

  it("is, where signatures are required, one of the keys that are named, of root too", async () => {
    const trust = { requireSignatures: true, trustedPublicKeys: [keys.publicKey] };
    assert.equal((await admit("root", { ...trust, signWith: keys.secretKey })).length, 5);
    const half = await admit("root", { signWith: keys.secretKey }, missing.slice(0, 4));
    const { message } = await refused("root", trust, [...half, ...missing.slice(4)]);
    assert.match(
      message,
      /^copying 5 paths on \S+ failed: 1 of them lacks a valid signature of a trusted key \(prod-1\): \S+-five\n/,
    );
    await refused("root", { ...trust, signWith: others.secretKey });
  });

  it("is, where signatures are required and no keys named, one that the machine trusts", async () => {
    const trust = { requireSignatures: true, signWith: keys.secretKey };
    assert.match((await refused("root", trust)).message, /of a trusted key \(cache\.nixos\.org-1\)/);
    await configure(`extra-trusted-public-keys = ${keys.publicKey}`);
    await hosts.close();
    hosts = new Hosts();
    assert.equal((await admit("root", trust)).length, 5);
  });

  it("is no signature of what is named by what it holds, but only when it is", async () => {
    const lying = { ...path("text"), ca: `fixed:r:sha256:${"0".repeat(52)}` };
    await refused("root", { requireSignatures: true, trustedPublicKeys: [keys.publicKey] }, [lying]);
  });
});
