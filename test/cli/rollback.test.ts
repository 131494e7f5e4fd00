import assert from "node:assert/strict";
import { profileActivation } from "../../provider/resources/profile-activation";
import { oneSuite, sharedFleet, type Host, type Suite, type User } from "../fleet";
import type { Outcome } from "../fleet";
import { passwords } from "../fleet/users";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";
import { hostArguments, pulumiNix } from "./command-line";
import { waitingDeployment } from "./deployments";

interface Way {
  readonly shown: string;
  readonly suite: Suite;
  readonly login: User;
  /** Whose profile it is. */
  readonly owner: "root" | "alice";
  readonly flags: readonly string[];
  readonly input?: string;
}

const ways: readonly Way[] = [
  ...oneSuite("trixie").map((suite): Way => ({
    shown: "by root",
    suite,
    login: "root",
    owner: "root",
    flags: [],
  })),
  { shown: "by alice herself", suite: "trixie", login: "alice", owner: "alice", flags: [] },
  {
    shown: "for root by sudo",
    suite: "trixie",
    login: "deploy",
    owner: "root",
    flags: ["--elevate", "sudo"],
  },
  {
    shown: "for alice by sudo",
    suite: "bookworm",
    login: "deploy",
    owner: "alice",
    flags: ["--elevate", "sudo", "--user", "alice"],
  },
  {
    shown: "by sudo with a password",
    suite: "bookworm",
    login: "operator",
    owner: "root",
    flags: ["--elevate", "sudo", "--ask-password"],
    input: `${passwords.operator}\n`,
  },
];

for (const way of ways) {
  describe(`a rollback by hand ${way.shown} on ${way.suite}`, function () {
    const own = way.owner === "root" ? "/nix/var/nix/profiles" : "/home/alice/.local/state/nix/profiles";
    const state = way.owner === "root" ? "/var/lib/pulumi-nix" : "/home/alice/.local/state/pulumi-nix";
    const link = `${own}/turned`;
    let host: Host;
    let managed: Managed;
    let paths: { one: string; two: string; bad: string };

    before(async () => {
      host = (await sharedFleet({ [way.suite]: 1 }))[way.suite][0] as Host;
      const path = (name: string, text: string): Promise<string> => storePathOn(host, name, entryPoint(text));
      paths = {
        one: await path("turned-1", "echo one said $(id -un)"),
        two: await path("turned-2", "true"),
        bad: await path("turned-bad", "exit 3"),
      };
    });
    beforeEach(() => (managed = new Managed(untyped(profileActivation), "urn:turned")));
    afterEach(async () => {
      await managed.close();
      await host.sh(`rm -rf ${own}/turned* ${state}`);
    });

    const inputs = (path: string, more: object = {}): object => ({
      connection: { ...host.connection({ user: "deploy" }), elevate: "sudo" },
      user: way.owner,
      profile: "turned",
      path,
      ...more,
    });
    const rollback = (...more: string[]): Promise<Outcome> =>
      pulumiNix(["rollback", ...hostArguments(host, way.login), ...way.flags, ...more], { input: way.input });
    const target = (): Promise<string> => host.sh(`readlink -f ${link}`);

    it("goes to what was active before, and back again, and is the resource's own still", async () => {
      const { one, two } = paths;
      const again = inputs(two, { triggers: [1] });
      await managed.up(inputs(one));
      await managed.up(inputs(two));
      // A deployment that changed nothing, and one that was taken back, are not what to go back behind.
      await managed.up(again);
      await assert.rejects(managed.up(inputs(paths.bad, { triggers: [1] })));
      const logins = await host.acceptedLogins();
      const there = await rollback();
      assert.equal(there.code, 0, there.stderr);
      assert.match(
        there.stdout,
        new RegExp(`^${link} on .* leads to ${one}, generation 1 \\(before: ${two}\\)\n$`),
      );
      assert.match(there.stderr, new RegExp(`one said ${way.owner}\n`));
      assert.equal(await target(), one);
      // One to look and begin, one to confirm.
      assert.equal((await host.acceptedLogins()) - logins, 2);
      assert.deepEqual(await managed.drift(again), ["path"]);

      const back = await rollback();
      assert.equal(back.code, 0, back.stderr);
      assert.equal(await target(), two);
      assert.deepEqual(await managed.drift(again), []);
      await managed.destroy();
      assert.doesNotMatch(managed.said.join("\n"), /was activated by another resource since/);
    });
  });
}

describe("a rollback by hand", function () {
  let host: Host;
  let managed: Managed;
  let other: Managed;
  let paths: Record<"one" | "two" | "three" | "fickle", string>;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    const path = (name: string, text: string): Promise<string> => storePathOn(host, name, entryPoint(text));
    paths = {
      one: await path("turned-1", "true"),
      two: await path("turned-2", "true"),
      three: await path("turned-3", "true"),
      fickle: await path("fickle", "[ ! -e /tmp/fickle ]"),
    };
  });
  beforeEach(() => {
    managed = new Managed(untyped(profileActivation), "urn:turned");
    other = new Managed(untyped(profileActivation), "urn:other");
  });
  afterEach(async () => {
    await managed.close();
    await other.close();
    await host.sh(
      "rm -rf /nix/var/nix/profiles/turned* /nix/var/nix/profiles/other* /var/lib/pulumi-nix /tmp/fickle",
    );
  });

  const inputs = (path: string, profile = "turned"): object => ({
    connection: host.connection(),
    profile,
    path,
  });
  const rollback = (...more: string[]): Promise<Outcome> =>
    pulumiNix(["rollback", ...hostArguments(host), ...more]);
  const target = (profile = "turned"): Promise<string> =>
    host.sh(`readlink -f /nix/var/nix/profiles/${profile}`);

  it("refuses where nothing was deployed, and where nothing was before", async () => {
    const nothing = await rollback();
    assert.equal(nothing.code, 1);
    assert.match(nothing.stderr, /rolling back on .* failed: no deployment of a profile is known there/);
    await managed.up(inputs(paths.one));
    const first = await rollback();
    assert.equal(first.code, 1);
    assert.match(first.stderr, /nothing was active before the last deployment that went well/);
    assert.equal(await target(), paths.one);
  });

  it("goes to a path, or to what a deployment brought", async () => {
    const { one, two, three } = paths;
    for (const path of [one, two, three]) await managed.up(inputs(path));
    assert.equal((await rollback("--to", one)).code, 0);
    assert.equal(await target(), one);
    const listed = await pulumiNix(["history", ...hostArguments(host), "--json"]);
    const deployments = JSON.parse(listed.stdout) as { id: string; to: string }[];
    const second = deployments.find(({ to }) => to === two);
    assert.equal((await rollback("--to", String(second?.id))).code, 0);
    assert.equal(await target(), two);
    const strange = await rollback("--to", "elsewhere");
    assert.equal(strange.code, 1);
    assert.match(strange.stderr, /'elsewhere' is neither a deployment there nor a store path/);
  });

  it("wants to know which one of several profiles", async () => {
    const { one, two } = paths;
    for (const path of [one, two]) await managed.up(inputs(path));
    for (const path of [one, two]) await other.up(inputs(path, "other"));
    const several = await rollback();
    assert.equal(several.code, 1);
    assert.match(several.stderr, /several profiles could be meant: .*other, .*turned\nhint: give --profile/);
    assert.equal((await rollback("--profile", "other")).code, 0);
    assert.deepEqual([await target("other"), await target()], [one, two]);
    assert.equal((await rollback("--profile", "/nix/var/nix/profiles/turned")).code, 0);
    assert.equal(await target(), one);
  });

  it("is refused while another deployment goes on, also one of the same resource and person", async () => {
    await managed.up(inputs(paths.one));
    await managed.up(inputs(paths.two));
    const waiting = await waitingDeployment(host, inputs(paths.three));
    const { code, stderr } = await rollback();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`failed: locked by deployment ${waiting.id} of .*/turned, begun by`));
    await pulumiNix(["unlock", ...hostArguments(host), "--force"]);
    assert.equal(await target(), paths.two);
  });

  it("that fails is taken back, and told", async () => {
    await managed.up(inputs(paths.fickle));
    await managed.up(inputs(paths.two));
    await host.sh("touch /tmp/fickle");
    const { code, stderr } = await rollback();
    assert.equal(code, 1);
    assert.match(stderr, /bin\/pulumi-nix-activate ended with exit code 1\n/);
    assert.match(stderr, new RegExp(`the machine is as before: .*it is running ${paths.two} now`));
    assert.equal(await target(), paths.two);
  });
});
