import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { type Host, sharedFleet, type Suite } from "../fleet";
import { rejection } from "./fixtures/failure";
import { ManagedUnit } from "./fixtures/managed-unit";
import { addUnitPackage, isCollectable } from "./fixtures/unit-package";

let made = 0;

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`a unit from a store path on ${suite}`, function () {
    let host: Host;
    let unit: ManagedUnit;
    let name: string;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
    });

    beforeEach(() => {
      made += 1;
      unit = new ManagedUnit(`urn:linked-${made}`);
      name = `linked${made}.service`;
    });

    afterEach(async () => {
      await unit.destroy();
      await unit.close();
    });

    const from = (source: string, more: object = {}) => ({
      connection: host.connection(),
      name,
      source,
      settle: 0.2,
      ...more,
    });
    const show = (property: string) => host.sh(`systemctl show ${name} -p ${property} --value`);
    const links = () =>
      host.sh(`cd /etc/systemd/system && find . -type l -name ${name} -printf '%P %l\\n' | sort`);
    const add = (seconds: number, install = "[Install]\nWantedBy=multi-user.target\n") =>
      addUnitPackage(host, `package${made}-${seconds}`, {
        unit: name,
        text: `[Service]\nExecStart=/bin/sleep ${seconds}\n${install}`,
      });

    it("is linked, enabled, started and protected from the collector until it is taken away", async () => {
      const source = await add(1000);
      const state = await unit.up(from(source));
      const target = `${source}/lib/systemd/system/${name}`;
      assert.equal(await links(), `${name} ${target}\nmulti-user.target.wants/${name} ${target}`);
      assert.deepEqual([state.activeState, state.unitFileState], ["active", "enabled"]);
      assert.equal(await isCollectable(host, source), false);
      assert.deepEqual(unit.changes(from(source)), []);
      assert.deepEqual(await unit.refresh(), state);

      await unit.destroy();
      assert.equal(await links(), "");
      assert.equal(await show("ActiveState"), "inactive");
      assert.equal(await host.sh("ls /var/lib/pulumi-nix/roots"), "");
      assert.equal(await isCollectable(host, source), true);
    });

    it("from another store path is restarted from it, and the former path is given up", async () => {
      const [one, two] = [await add(1000), await add(2000)];
      await unit.up(from(one));
      assert.deepEqual(unit.changes(from(two)), ["source"]);
      await unit.up(from(two));
      assert.match(await host.sh(`ps -o args= $(systemctl show ${name} -p MainPID --value)`), /sleep 2000/);
      const target = `${two}/lib/systemd/system/${name}`;
      assert.equal(await links(), `${name} ${target}\nmulti-user.target.wants/${name} ${target}`);
      assert.equal(await isCollectable(host, one), true);
      assert.equal(await isCollectable(host, two), false);
    });

    it("is disabled without losing its link, and runs on", async () => {
      const source = await add(1000);
      await unit.up(from(source));
      const invocation = await show("InvocationID");
      const state = await unit.up(from(source, { enabled: false }));
      assert.equal(await links(), `${name} ${source}/lib/systemd/system/${name}`);
      assert.equal(await show("InvocationID"), invocation);
      assert.deepEqual([state.enabled, state.unitFileState], [false, "linked"]);
      await unit.up(from(source));
      assert.equal(unit.state?.unitFileState, "enabled");
    });

    it("that has nothing to enable is as asked", async () => {
      const source = await add(1000, "");
      await unit.up(from(source));
      assert.deepEqual(unit.changes(from(source)), []);
    });

    it("that was linked elsewhere by hand is seen so and repaired", async () => {
      const [one, two] = [await add(1000), await add(2000)];
      await unit.up(from(one));
      await host.sh(
        `ln -sfn ${two}/lib/systemd/system/${name} /etc/systemd/system/${name}; systemctl daemon-reload`,
      );
      assert.equal((await unit.refresh())?.source, two);
      assert.deepEqual(unit.changes(from(one)), ["source"]);
      await unit.up(from(one));
      assert.deepEqual(unit.changes(from(one)), []);
      assert.match(await links(), new RegExp(`^${name} ${one}/`));
    });

    it("that was disabled by hand, which takes its link away, is seen without a source and repaired", async () => {
      const source = await add(1000);
      await unit.up(from(source));
      await host.sh(`systemctl disable ${name} 2>&1`);
      assert.equal((await unit.refresh())?.source, undefined);
      assert.deepEqual(unit.changes(from(source)), ["source"]);
      await unit.up(from(source));
      assert.deepEqual(unit.changes(from(source)), []);
    });

    it("whose link was removed by hand leaves no root behind when it is taken away after a refresh", async () => {
      const source = await add(1000);
      await unit.up(from(source));
      await host.sh(`rm /etc/systemd/system/${name}`);
      await unit.refresh();
      await unit.destroy();
      assert.equal(await host.sh("ls /var/lib/pulumi-nix/roots"), "");
      assert.equal(await show("ActiveState"), "inactive");
    });

    it("under another name keeps its root when the one with the former name is taken away", async () => {
      const source = await add(1000);
      await unit.up(from(source));
      const renamed = new ManagedUnit(`urn:linked-${made}`);
      const template = `${source}/lib/systemd/system/${name}`;
      await host.sh(`systemctl disable --now ${name} 2>&1; rm -f /etc/systemd/system/${name}`);
      try {
        await renamed.up(from(template, { name: `re${name}` }));
        await unit.destroy();
        assert.equal(await isCollectable(host, source), false);
      } finally {
        await renamed.destroy();
        await renamed.close();
      }
    });

    it("whose store path was collected is seen without a source, and is taken away", async () => {
      const source = await add(1000);
      await unit.up(from(source));
      await host.sh(`rm -r /var/lib/pulumi-nix/roots; nix-store --delete ${source}`);
      assert.equal((await unit.refresh())?.source, undefined);
      const failure = await rejection(unit.up(from(source)));
      assert.ok(failure instanceof RefusedError);
      assert.match(failure.message, /there is no \/nix\/store\/.*\nhint: copy it there first/);
      await unit.destroy();
      assert.deepEqual(unit.warnings, []);
      assert.equal(await links(), "");
      assert.equal(await show("ActiveState"), "inactive");
    });

    it("is refused when the store path holds no such unit", async () => {
      const source = await add(1000);
      const failure = await rejection(unit.up(from(source, { name: "other.service" })));
      assert.ok(failure instanceof RefusedError);
      assert.match(
        failure.message,
        /holds no other\.service\nhint: looked for .*etc\/systemd\/system\/other\.service/,
      );
    });

    it("may be named as the file itself", async () => {
      const source = `${await add(1000)}/lib/systemd/system/${name}`;
      await unit.up(from(source));
      assert.deepEqual(unit.changes(from(source)), []);
      assert.match(await links(), new RegExp(`^${name} ${source}\n`));
    });

    it("may be an instance of a template in it", async () => {
      const template = `linked${made}@.service`;
      name = `linked${made}@7.service`;
      const text = "[Service]\nExecStart=/bin/sleep 100%i\n[Install]\nWantedBy=multi-user.target\n";
      const source = await addUnitPackage(host, `package${made}`, { unit: template, text });
      const state = await unit.up(from(source));
      assert.match(await host.sh(`ps -o args= $(systemctl show ${name} -p MainPID --value)`), /sleep 1007/);
      assert.deepEqual(unit.changes(from(source)), []);
      assert.deepEqual(await unit.refresh(), state);
      assert.match(await links(), /multi-user\.target\.wants/);
      await unit.up(from(source, { enabled: false }));
      assert.doesNotMatch(await links(), /multi-user\.target\.wants/);
      await host.sh(`systemctl enable ${name} 2>&1`);
      assert.equal((await unit.refresh())?.enabled, true);
    });

    it("that leads elsewhere when it is deleted is left alone, with a warning", async () => {
      const [one, two] = [await add(1000), await add(2000)];
      await unit.up(from(one));
      await host.sh(
        `ln -sfn ${two}/lib/systemd/system/${name} /etc/systemd/system/${name}; systemctl daemon-reload`,
      );
      await unit.destroy();
      assert.match(unit.warnings.join(), /is no longer ours/);
      assert.match(await links(), new RegExp(`^${name} ${two}/`));
      await host.sh(`systemctl disable --now ${name} 2>&1`);
    });

    it("becomes an inline one and back", async () => {
      const source = await add(1000);
      const inline = {
        connection: host.connection(),
        name,
        sections: { Service: { ExecStart: "/bin/sleep 3000" }, Install: { WantedBy: "multi-user.target" } },
        settle: 0.2,
      };
      await unit.up(from(source));
      assert.deepEqual(unit.changes(inline), ["sections", "source", "text"]);
      await unit.up(inline);
      assert.deepEqual(unit.changes(inline), []);
      assert.equal(await isCollectable(host, await add(1000)), true);
      await unit.up(from(await add(1000)));
      assert.deepEqual(unit.changes(from(source)), []);
    });

    it("that is written inline protects what its text mentions, as long as it does", async () => {
      const tool = await host.sh(
        "top=$(mktemp -d); cp /bin/sleep $top/tool; nix-store --add $top/tool; rm -r $top",
      );
      const inline = (ExecStart: string) => ({
        connection: host.connection(),
        name,
        sections: { Service: { ExecStart } },
        settle: 0.2,
      });
      await unit.up(inline(`${tool} 1000`));
      assert.equal(await isCollectable(host, tool), false);
      await unit.up(inline("/bin/sleep 1000"));
      assert.equal(await isCollectable(host, tool), true);
      const failure = await rejection(unit.up(inline(`${tool} 1000`)));
      assert.match(failure.message, /hint: not in the Nix store there: \/nix\/store\/.*-tool; .*ClosureCopy/);
    });
  });
}
