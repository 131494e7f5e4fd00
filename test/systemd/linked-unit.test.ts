import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { onEachSuite } from "./fixtures/each-suite";
import { rejection } from "./fixtures/failure";
import { ManagedUnit } from "./fixtures/managed-unit";
import { addUnitPackage, isCollectable } from "./fixtures/unit-package";

onEachSuite("a unit from a store path", (bench, inTurn) => {
  const from = (source: string, more: object = {}): object => {
    const { host, name } = bench();
    return { connection: host.connection(), name, source, settle: 0.2, ...more };
  };
  /** Its own link first, then those that enable it. */
  const links = (): Promise<string> => {
    const { host, name } = bench();
    const find = `find . -type l -name ${name} -printf '%d %P %l\\n'`;
    return host.sh(`cd /etc/systemd/system; ${find} | sort | cut -d ' ' -f 2-`);
  };
  const add = (seconds: number, install = "[Install]\nWantedBy=multi-user.target\n"): Promise<string> => {
    const { host, name, number } = bench();
    const text = `[Service]\nExecStart=/bin/sleep ${seconds}\n${install}`;
    return addUnitPackage(host, `package${number}-${seconds}`, { unit: name, text });
  };

  inTurn("is linked, enabled, started and protected from the collector until it is taken away", async () => {
    const at = bench();
    const source = await add(1000);
    const state = await at.unit.up(from(source));
    const target = `${source}/lib/systemd/system/${at.name}`;
    assert.equal(await links(), `${at.name} ${target}\nmulti-user.target.wants/${at.name} ${target}`);
    assert.deepEqual([state.activeState, state.unitFileState], ["active", "enabled"]);
    assert.equal(await isCollectable(at.host, source), false);
    assert.deepEqual(at.unit.changes(from(source)), []);
    assert.deepEqual(await at.unit.refresh(), state);

    await at.unit.destroy();
    assert.equal(await links(), "");
    assert.equal(await at.show("ActiveState"), "inactive");
    assert.equal(await at.host.sh("ls /var/lib/pulumi-nix/roots"), "");
    assert.equal(await isCollectable(at.host, source), true);
  });

  inTurn("from another store path is restarted from it, and the former path is given up", async () => {
    const at = bench();
    const [one, two] = [await add(1000), await add(2000)];
    await at.unit.up(from(one));
    assert.deepEqual(at.unit.changes(from(two)), ["source"]);
    await at.unit.up(from(two));
    assert.match(await at.running(), /sleep 2000/);
    const target = `${two}/lib/systemd/system/${at.name}`;
    assert.equal(await links(), `${at.name} ${target}\nmulti-user.target.wants/${at.name} ${target}`);
    assert.equal(await isCollectable(at.host, one), true);
    assert.equal(await isCollectable(at.host, two), false);
  });

  inTurn("is disabled without losing its link, and runs on", async () => {
    const at = bench();
    const source = await add(1000);
    await at.unit.up(from(source));
    const invocation = await at.show("InvocationID");
    const state = await at.unit.up(from(source, { enabled: false }));
    assert.equal(await links(), `${at.name} ${source}/lib/systemd/system/${at.name}`);
    assert.equal(await at.show("InvocationID"), invocation);
    assert.deepEqual([state.enabled, state.unitFileState], [false, "linked"]);
    await at.unit.up(from(source));
    assert.equal(at.unit.state?.unitFileState, "enabled");
  });

  inTurn("that has nothing to enable is as asked", async () => {
    const at = bench();
    const source = await add(1000, "");
    await at.unit.up(from(source));
    assert.deepEqual(at.unit.changes(from(source)), []);
  });

  inTurn("that was linked elsewhere by hand is seen so and repaired", async () => {
    const at = bench();
    const [one, two] = [await add(1000), await add(2000)];
    await at.unit.up(from(one));
    await at.host.sh(
      `ln -sfn ${two}/lib/systemd/system/${at.name} /etc/systemd/system/${at.name}; systemctl daemon-reload`,
    );
    assert.equal((await at.unit.refresh())?.source, two);
    assert.deepEqual(at.unit.changes(from(one)), ["source"]);
    await at.unit.up(from(one));
    assert.deepEqual(at.unit.changes(from(one)), []);
    assert.match(await links(), new RegExp(`^${at.name} ${one}/`));
  });

  inTurn(
    "that was disabled by hand, which takes its link away, is seen without a source and repaired",
    async () => {
      const at = bench();
      const source = await add(1000);
      await at.unit.up(from(source));
      await at.host.sh(`systemctl disable ${at.name} 2>&1`);
      assert.equal((await at.unit.refresh())?.source, undefined);
      assert.deepEqual(at.unit.changes(from(source)), ["source"]);
      await at.unit.up(from(source));
      assert.deepEqual(at.unit.changes(from(source)), []);
    },
  );

  inTurn(
    "whose link was removed by hand leaves no root behind when it is taken away after a refresh",
    async () => {
      const at = bench();
      const source = await add(1000);
      await at.unit.up(from(source));
      await at.host.sh(`rm /etc/systemd/system/${at.name}`);
      await at.unit.refresh();
      await at.unit.destroy();
      assert.equal(await at.host.sh("ls /var/lib/pulumi-nix/roots"), "");
      assert.equal(await at.show("ActiveState"), "inactive");
    },
  );

  inTurn("under another name keeps its root when the one with the former name is taken away", async () => {
    const at = bench();
    const source = await add(1000);
    await at.unit.up(from(source));
    const renamed = new ManagedUnit(at.urn);
    const template = `${source}/lib/systemd/system/${at.name}`;
    await at.host.sh(`systemctl disable --now ${at.name} 2>&1; rm -f /etc/systemd/system/${at.name}`);
    try {
      await renamed.up(from(template, { name: `re${at.name}` }));
      await at.unit.destroy();
      assert.equal(await isCollectable(at.host, source), false);
    } finally {
      await renamed.destroy();
      await renamed.close();
    }
  });

  inTurn("whose store path was collected is seen without a source, and is taken away", async () => {
    const at = bench();
    const source = await add(1000);
    await at.unit.up(from(source));
    await at.host.sh(`rm -r /var/lib/pulumi-nix/roots; nix-store --delete ${source}`);
    assert.equal((await at.unit.refresh())?.source, undefined);
    const failure = await rejection(at.unit.up(from(source)));
    assert.ok(failure instanceof RefusedError);
    assert.match(failure.message, /there is no \/nix\/store\/.*\nhint: copy it there first/);
    await at.unit.destroy();
    assert.deepEqual(at.unit.warnings, []);
    assert.equal(await links(), "");
    assert.equal(await at.show("ActiveState"), "inactive");
  });

  inTurn("is refused when the store path holds no such unit", async () => {
    const at = bench();
    const source = await add(1000);
    const failure = await rejection(at.unit.up(from(source, { name: "other.service" })));
    assert.ok(failure instanceof RefusedError);
    assert.match(
      failure.message,
      /holds no other\.service\nhint: looked for .*etc\/systemd\/system\/other\.service/,
    );
  });

  inTurn("may be named as the file itself", async () => {
    const at = bench();
    const source = `${await add(1000)}/lib/systemd/system/${at.name}`;
    await at.unit.up(from(source));
    assert.deepEqual(at.unit.changes(from(source)), []);
    assert.match(await links(), new RegExp(`^${at.name} ${source}\n`));
  });

  inTurn("may be an instance of a template in it", async () => {
    const at = bench();
    const template = at.name.replace(".", "@.");
    at.name = template.replace("@", "@7");
    const text = "[Service]\nExecStart=/bin/sleep 100%i\n[Install]\nWantedBy=multi-user.target\n";
    const source = await addUnitPackage(at.host, `package${at.number}`, { unit: template, text });
    const state = await at.unit.up(from(source));
    assert.match(await at.running(), /sleep 1007/);
    assert.deepEqual(at.unit.changes(from(source)), []);
    assert.deepEqual(await at.unit.refresh(), state);
    assert.match(await links(), /multi-user\.target\.wants/);
    await at.unit.up(from(source, { enabled: false }));
    assert.doesNotMatch(await links(), /multi-user\.target\.wants/);
    await at.host.sh(`systemctl enable ${at.name} 2>&1`);
    assert.equal((await at.unit.refresh())?.enabled, true);
  });

  inTurn("that leads elsewhere when it is deleted is left alone, with a warning", async () => {
    const at = bench();
    const [one, two] = [await add(1000), await add(2000)];
    await at.unit.up(from(one));
    await at.host.sh(
      `ln -sfn ${two}/lib/systemd/system/${at.name} /etc/systemd/system/${at.name}; systemctl daemon-reload`,
    );
    await at.unit.destroy();
    assert.match(at.unit.warnings.join(), /is no longer ours/);
    assert.match(await links(), new RegExp(`^${at.name} ${two}/`));
    assert.equal(await at.host.sh(`find /var/lib/pulumi-nix -name '*${at.name}*'`), "");
    await at.host.sh(`systemctl disable --now ${at.name} 2>&1`);
  });

  inTurn("becomes an inline one and back", async () => {
    const at = bench();
    const source = await add(1000);
    const inline = {
      connection: at.host.connection(),
      name: at.name,
      sections: { Service: { ExecStart: "/bin/sleep 3000" }, Install: { WantedBy: "multi-user.target" } },
      settle: 0.2,
    };
    await at.unit.up(from(source));
    assert.deepEqual(at.unit.changes(inline), ["sections", "source", "text"]);
    await at.unit.up(inline);
    assert.deepEqual(at.unit.changes(inline), []);
    assert.equal(await isCollectable(at.host, await add(1000)), true);
    await at.unit.up(from(await add(1000)));
    assert.deepEqual(at.unit.changes(from(source)), []);
  });

  inTurn("that is written inline protects what its text mentions, as long as it does", async () => {
    const at = bench();
    const tool = await at.host.sh(
      "top=$(mktemp -d); cp /bin/sleep $top/tool; nix-store --add $top/tool; rm -r $top",
    );
    const inline = (ExecStart: string) => ({
      connection: at.host.connection(),
      name: at.name,
      sections: { Service: { ExecStart } },
      settle: 0.2,
    });
    await at.unit.up(inline(`${tool} 1000`));
    assert.equal(await isCollectable(at.host, tool), false);
    await at.unit.up(inline("/bin/sleep 1000"));
    assert.equal(await isCollectable(at.host, tool), true);
    const failure = await rejection(at.unit.up(inline(`${tool} 1000`)));
    assert.match(failure.message, /hint: not in the Nix store there: \/nix\/store\/.*-tool; .*ClosureCopy/);
  });

  inTurn("that somebody masked is brought back, and what else is masked stays so", async () => {
    const at = bench();
    const source = await add(1000);
    await at.unit.up(from(source));
    const other = `/etc/systemd/system/other-${at.name}`;
    await at.host.sh(`systemctl stop ${at.name}; ln -sfn /dev/null ${at.file}; ln -s /dev/null ${other}`);
    await at.host.sh("systemctl daemon-reload");
    try {
      await at.unit.refresh();
      assert.equal((await at.unit.up(from(source))).activeState, "active");
      const target = `${source}/lib/systemd/system/${at.name}`;
      assert.equal(await links(), `${at.name} ${target}\nmulti-user.target.wants/${at.name} ${target}`);
      assert.equal(await at.host.sh(`readlink ${other}`), "/dev/null");
    } finally {
      await at.host.sh(`rm -f ${other}; systemctl daemon-reload`);
    }
  });
});
