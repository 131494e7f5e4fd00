import assert from "node:assert/strict";
import { PartialError, RefusedError } from "../../provider/errors";
import { UnitError } from "../../provider/systemd/unit-error";
import { onEachSuite } from "./fixtures/each-suite";
import { rejection, unitFailure } from "./fixtures/failure";
import { ManagedUnit } from "./fixtures/managed-unit";
import { addUnitPackage, isCollectable } from "./fixtures/unit-package";

const failing = { Service: { ExecStart: "/bin/sh -c 'echo broken; exit 1'" } };
const never = { Service: { Type: "notify", ExecStart: "/bin/sleep 3000" } };

onEachSuite("a unit whose change fails", (bench, inTurn) => {
  inTurn("runs again with its former file, enabled as before", async () => {
    const at = bench();
    const state = await at.unit.up(at.sleeping(1000));
    const before = await at.snapshot();
    const Install = { WantedBy: "basic.target", Alias: `alias-${at.name}` };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections: { ...failing, Install } })));
    assert.match(failure.message, new RegExp(`^restarting ${at.name} on .*: it is failed`));
    assert.deepEqual(failure.journal.includes("broken"), true);
    assert.ok(
      failure.message.includes(
        `\nthe machine is as before: ${at.file} is what it was; ${at.name} is active (running)`,
      ),
      failure.message,
    );
    assert.equal(await at.snapshot(), before);
    assert.deepEqual(at.unit.state, state);
    assert.deepEqual(await at.unit.refresh(), state);
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
  });

  inTurn("is stopped and disabled if it was", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000, { state: "stopped", enabled: false }));
    const before = await at.snapshot();
    const Install = { WantedBy: "multi-user.target" };
    await unitFailure(at.unit.up(at.sleeping(0, { sections: { ...never, Install }, timeout: 1 })));
    assert.equal(await at.snapshot(), before);
    assert.equal((await at.host.trySh("pgrep -xf '/bin/sleep 3000'")).code, 1);
  });

  inTurn("is started again if it could not be stopped in time", async () => {
    const at = bench();
    const stubborn = {
      Service: { ExecStart: "/bin/sleep 1000", ExecStop: "/bin/sleep 4000", TimeoutStopSec: 8 },
    };
    await at.unit.up(at.sleeping(0, { sections: stubborn }));
    const before = await at.snapshot();
    await unitFailure(at.unit.up(at.sleeping(0, { sections: stubborn, state: "stopped", timeout: 1 })));
    assert.equal(await at.snapshot(), before);
  });

  inTurn("leaves a file that someone else wrote as it was, and its unit running", async () => {
    const at = bench();
    await at.host.sh(
      `printf '[Service]\nExecStart=/bin/sleep 500\n' >${at.file}; chmod 600 ${at.file}; touch -d 2020-01-01 ${at.file}
       systemctl daemon-reload; systemctl start ${at.name}`,
    );
    const before = await at.snapshot();
    await unitFailure(at.unit.up(at.sleeping(0, { sections: failing })));
    assert.equal(await at.snapshot(), before);
    assert.deepEqual(at.unit.warnings, []);
    await at.host.sh(`systemctl stop ${at.name}; rm ${at.file}`);
  });

  inTurn("leads to its former store path, and only that is protected", async () => {
    const at = bench();
    const add = (label: string, ExecStart: string) =>
      addUnitPackage(at.host, `${label}-${at.number}`, {
        unit: at.name,
        text: `[Service]\nExecStart=${ExecStart}\n[Install]\nWantedBy=multi-user.target\n`,
      });
    const [one, two] = [await add("good", "/bin/sleep 1000"), await add("bad", "/bin/false")];
    const from = (source: string) => at.sleeping(0, { sections: undefined, source });
    await at.unit.up(from(one));
    const before = await at.snapshot();
    await unitFailure(at.unit.up(from(two)));
    assert.equal(await at.snapshot(), before);
    assert.equal(await isCollectable(at.host, one), false);
    assert.equal(await isCollectable(at.host, two), true);
  });

  inTurn("leaves what is enabled along with it as it was", async () => {
    const at = bench();
    const along = at.name.replace(".service", ".socket");
    await at.host.sh(
      `printf '[Socket]\nListenStream=/run/${along}\n[Install]\nWantedBy=sockets.target\n' >/etc/systemd/system/${along}`,
    );
    const sections = { ...failing, Install: { WantedBy: "multi-user.target", Also: along } };
    await unitFailure(at.unit.up(at.sleeping(0, { sections })));
    assert.equal(await at.host.sh(`systemctl is-enabled ${along} || true`), "disabled");
    await at.host.sh(`rm /etc/systemd/system/${along}; systemctl daemon-reload`);
  });

  inTurn("takes what is bound to it along, there and back", async () => {
    const at = bench();
    const other = new ManagedUnit(`urn:bound-${at.number}`);
    const bound = at.name.replace("unit", "bound");
    try {
      await at.unit.up(at.sleeping(1000));
      const Unit = { BindsTo: at.name, After: at.name };
      await other.up(
        at.sleeping(0, { name: bound, sections: { Unit, Service: { ExecStart: "/bin/sleep 1000" } } }),
      );
      await unitFailure(at.unit.up(at.sleeping(0, { sections: failing })));
      await at.host.until(`systemctl is-active ${bound}`);
    } finally {
      await other.destroy();
      await other.close();
    }
  });

  inTurn("and that cannot be brought back is told with what is there", async () => {
    const at = bench();
    const once = `/bin/sh -c 'mkdir /run/once-${at.name} && exec sleep 1000'`;
    await at.unit.up(at.sleeping(0, { sections: { Service: { ExecStart: once } } }));
    const failure = await rejection(at.unit.up(at.sleeping(0, { sections: failing })));
    assert.ok(failure instanceof PartialError && failure.cause instanceof UnitError);
    assert.match(
      failure.message,
      /\nthe machine was changed: putting back what was there failed too: unit\d+.service is failed .*; now unit\d+.service is failed/,
    );
    assert.equal(at.unit.state?.state, "failed");
    assert.match(at.unit.state.text ?? "", /mkdir/);
    await at.unit.up(at.sleeping(1000));
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
    await at.host.sh(`rmdir /run/once-${at.name}`);
  });

  inTurn("because nobody can log in any more is as before, and so is the login", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const before = await at.snapshot();
    // Without sshd's listener, which systemd starts again when the unit goes.
    const Service = {
      ExecStartPre: "systemctl stop ssh.socket ssh.service",
      ExecStart: "/bin/sleep 2000",
      ExecStopPost: "systemctl start ssh.service",
    };
    const sections = { Service, Install: { WantedBy: "multi-user.target" } };
    const confirm = { timeout: 3, attempts: 2 };
    const failure = await rejection(at.unit.up(at.sleeping(0, { sections, confirm })));
    assert.ok(failure instanceof RefusedError);
    assert.match(failure.message, /failed: it could not be confirmed over a new connection: .*ECONNREFUSED/);
    assert.equal(await at.snapshot(), before);
    // Nobody asks for that with `confirm: false`.
    await at.unit.up(at.sleeping(0, { sections, confirm: false }));
    assert.match(await at.running(), /sleep 2000/);
  });

  inTurn("because it is up but not well is as before, and what the check last saw is told", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const before = await at.snapshot();
    const healthChecks = [{ command: ["sh", "-c", "echo no page yet; exit 3"], interval: 0.2, deadline: 3 }];
    const failure = await rejection(at.unit.up(at.sleeping(2000, { healthChecks })));
    assert.ok(failure instanceof RefusedError);
    assert.match(failure.message, /^restarting .* failed: health check .*exit code 3: no page yet/);
    assert.match(failure.message, /\nthe machine is as before: .* is what it was; .* is active \(running\)/);
    assert.equal(await at.snapshot(), before);
    await at.unit.up(at.sleeping(2000, { healthChecks: [{ tcp: { port: 22 } }] }));
    assert.match(await at.running(), /sleep 2000/);
  });

  inTurn("because its watchdog was killed is as before", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const before = await at.snapshot();
    const failed = rejection(at.unit.up(at.sleeping(0, { sections: never, timeout: 50 })));
    await at.untilIs("activating");
    await at.host.sh("systemctl kill --kill-whom=main --signal=KILL 'pulumi-nix-*.service'");
    assert.match((await failed).message, /failed: it was cut off while it was activating\n/);
    assert.equal(await at.snapshot(), before);
  });
});
