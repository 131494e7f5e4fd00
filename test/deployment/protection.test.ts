import assert from "node:assert/strict";
import { profileActivation } from "../../provider/resources/profile-activation";
import { sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";

const link = "/nix/var/nix/profiles/guarded";
const deployments = "/var/lib/pulumi-nix/profiles/guarded-*/deployments";
/** What entry points wrote, and what the one that waits has made and waits for. */
const [log, held, go] = ["/tmp/guarded.log", "/tmp/guarded.held", "/tmp/guarded.go"];
const hold = `touch ${held}; while [ ! -e ${go} ]; do sleep 0.05; done`;

// What lock and confirmation do is in watchdog.test.ts; this is about the inputs of a resource that ask for it.
describe("an activation that is protected as its inputs say", function () {
  let host: Host;
  let managed: Managed;
  let other: Managed;
  let logins: number;
  /** Done before each login that confirms. */
  let beforeConfirm: () => Promise<unknown>;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
  });
  beforeEach(() => {
    logins = 0;
    beforeConfirm = () => Promise.resolve();
    managed = new Managed(untyped(profileActivation), "urn:guarded", {
      beforeConfirm: () => {
        logins += 1;
        return beforeConfirm();
      },
    });
    other = new Managed(untyped(profileActivation), "urn:other");
  });
  afterEach(async () => {
    await host.undoFaults();
    await host.sh(`touch ${go}`);
    await Promise.all([managed.close(), other.close()]);
    await host.sh(`rm -rf ${link}* /var/lib/pulumi-nix/profiles ${log} ${held} ${go}`);
  });

  const activates = (word: string, first = "true"): Promise<string> =>
    storePathOn(host, word, entryPoint(`${first}; echo ${word} >>${log}`));
  const inputs = (path: string, more: object = {}): object => ({
    connection: host.connection(),
    profile: "guarded",
    path,
    ...more,
  });
  const active = (): Promise<string> => host.sh(`readlink -f ${link}`);
  const ran = async (): Promise<string[]> => (await host.sh(`cat ${log}`)).split("\n");

  /** An activation that is held, as if another coordinator had begun it. Gives its folder. */
  const beginAnother = async (path: string): Promise<{ going: Promise<unknown>; folder: string }> => {
    const going = other.up(inputs(path));
    going.catch(() => undefined);
    await host.until(`test -e ${held}`);
    const folder = await host.sh(`ls -td ${deployments}/* | head -n 1`);
    await host.sh(`echo 'run another' >>${folder}/record`);
    return { going, folder };
  };

  it("waits for another coordinator's, and goes on when that has ended", async () => {
    const [one, two] = [await activates("one", hold), await activates("two")];
    const { going } = await beginAnother(one);
    const waiting = managed.up(inputs(two, { lock: { wait: 120 } }));
    waiting.catch(() => undefined);
    await host.until(`[ "$(cat ${deployments}/*/record | grep -c '^phase entering')" = 2 ]`);
    await host.sh(`touch ${go}`);
    const state = await waiting;
    await going;
    assert.deepEqual([state["previousPath"], state["activePath"], await active()], [one, two, two]);
    assert.deepEqual(await ran(), ["one", "two"]);
  });

  it("ends another coordinator's that is stuck", async () => {
    const one = await activates("one");
    await other.up(inputs(one));
    const { going, folder } = await beginAnother(await activates("stuck", hold));
    await host.sh(`pkill -STOP -f '^/bin/sh ${folder}/program'; echo 'limit 1' >>${folder}/record`);
    const two = await activates("two");
    await assert.rejects(managed.up(inputs(two)), /it is stuck\nhint: lock: \{ endStuck: true \}/);
    const state = await managed.up(inputs(two, { lock: { endStuck: true } }));
    assert.deepEqual([state["previousPath"], state["activePath"], await active()], [one, two, two]);
    assert.deepEqual(await ran(), ["one", "one", "two"]);
    const id = folder.split("/").at(-1) ?? "";
    assert.match(
      managed.said.join("\n"),
      new RegExp(`^warning: .*brought an earlier deployment to its end first: deployment ${id} `, "m"),
    );
    await assert.rejects(going);
  });

  it("stays when a later login confirms it, and the first one does not come through", async () => {
    const path = await activates("late");
    beforeConfirm = () => (logins === 1 ? host.stopSshd() : host.startSshd());
    const state = await managed.up(inputs(path, { confirm: { timeout: 20, attempts: 10 } }));
    assert.ok(logins > 1);
    assert.deepEqual([state["activePath"], await active()], [path, path]);
    assert.deepEqual(await ran(), ["late"]);
  });

  it("takes no second login without a confirmation", async () => {
    const [one, two] = [await activates("one"), await activates("two")];
    const before = await host.acceptedLogins();
    const state = await managed.up(inputs(one, { confirm: false }));
    assert.deepEqual([logins, (await host.acceptedLogins()) - before], [0, 1]);
    assert.deepEqual([state["activePath"], await active(), await ran()], [one, one, ["one"]]);
    await managed.up(inputs(two));
    assert.deepEqual([logins, (await host.acceptedLogins()) - before], [1, 2]);
  });
});
