import assert from "node:assert/strict";
import { ActivationError } from "../../provider/activation/activate";
import { profileActivation } from "../../provider/resources/profile-activation";
import { byTurns, type Host, sharedFleet, suites } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";
import { serveHealthOn } from "./web-on-host";

const link = "/nix/var/nix/profiles/health";
/** Of what fails until its deadline. */
const quick = { interval: 0.1, deadline: 2 };
/** Of what succeeds, sooner or later. */
const patient = { interval: 0.1, deadline: 60 };

/** A word that the activated path writes, the check that finds it out, and what is told. */
const failures: [name: string, word: string, check: object, reason: RegExp][] = [
  [
    "a command that fails",
    "broken",
    { command: ["sh", "-c", "echo; echo it is; cat /run/health; [ $(cat /run/health) = well ]"], ...quick },
    /health check "sh -c .*" failed: exit code 1: it is broken \(tries: \d+, in [2-9]\.\d\d s\)/,
  ],
  [
    "a command that hangs",
    "broken",
    { command: ["sleep", "1006"], timeout: 0.3, retries: 1, interval: 0.1 },
    /health check "sleep 1006" failed: no end within 0\.30 s, and was ended \(tries: 2,/,
  ],
  [
    "a web server that says so",
    "broken",
    { http: "http://localhost:8080/", ...quick },
    /health check http:\/\/localhost:8080\/ failed: status 503 instead of 200-299: it is broken \(tries:/,
  ],
  [
    "a web server that says something else",
    "else",
    { http: "http://localhost:8080/", body: "it is well", ...quick },
    /failed: status 200, but 'it is well' is not in the answer: it is else/,
  ],
  [
    "a web server that hangs",
    "hangs",
    { http: "http://localhost:8080/", timeout: 0.3, ...quick },
    /failed: no end within 0\.30 s \(tries:/,
  ],
  [
    "a web server that answers well every second time",
    "flaps",
    { http: "http://localhost:8080/", ...quick },
    /failed: status 500 instead of 200-299: it is flaps \(\d+ of \d+ tries succeeded; it takes 2 in a row\)/,
  ],
  [
    "a port that is closed",
    "closed",
    { tcp: { port: 8080 }, ...quick },
    /tcp localhost:8080 failed: .*refused/,
  ],
  [
    "a unit that is started again and again",
    "crashes",
    { unit: "health.service", for: 1, ...quick },
    /health check unit health\.service failed: it .*(activating|restarted).*\n(.*\n)*alas/,
  ],
  [
    "a unit that is not there",
    "well",
    { unit: "nowhere.service", for: 0, retries: 0 },
    /health check unit nowhere\.service failed: there is no such unit/,
  ],
  [
    "a unit that is not active long enough",
    "well",
    { unit: "health.service", for: 2.9, deadline: 3, interval: 1.5 },
    /unit health\.service failed: it is active \(running\), but only for [12]\.\d\d s of 2\.90 s yet/,
  ],
];

const failuresFromHere: typeof failures = [
  [
    "a web server that says so to the controller",
    "broken",
    { http: "http://HOST:8080/", from: "controller", ...quick },
    /health check http:.* from the controller failed: status 503 instead of 200-299: it is broken \(tries:/,
  ],
  [
    "a port that is closed for the controller",
    "closed",
    { tcp: { port: 8080 }, from: "controller", ...quick },
    /health check tcp the host:8080 from the controller failed: connect ECONNREFUSED/,
  ],
];

for (const suite of suites) {
  describe(`a deployment with health checks on ${suite}`, function () {
    const inTurn = byTurns(suite);
    let host: Host;
    let managed: Managed;
    let old: string;
    let endServer: () => Promise<unknown>;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      endServer = await serveHealthOn(host);
      old = await version("well", "old");
    });
    after(() => endServer());
    beforeEach(async () => {
      managed = new Managed(untyped(profileActivation), "urn:health");
      await managed.up(inputs(old));
      await host.sh("rm -f /run/health-log");
    });
    afterEach(async () => {
      await managed.close();
      await host.sh(`rm -rf ${link}* /var/lib/pulumi-nix/profiles; systemctl start health-web.socket`);
    });

    const inputs = (path: string, ...healthChecks: object[]): object => {
      const checks = JSON.stringify(healthChecks).replaceAll("HOST", host.address);
      const more = { healthChecks: JSON.parse(checks) as unknown };
      return { connection: host.connection(), profile: "health", path, ...more };
    };
    /** Makes the word so, for the web server and the service. */
    const version = (word: string, name = `health-${word}`): Promise<string> =>
      storePathOn(
        host,
        name,
        entryPoint(
          `PATH=/usr/bin:/bin; echo ${word} >/run/health; echo ${name} >>/run/health-log; systemctl restart health.service
          [ ${word} = closed ] && systemctl stop health-web.socket || systemctl start health-web.socket`,
        ),
      );
    const isAsBefore = async (tried: string): Promise<void> => {
      const seen = `readlink -f ${link}; ls -d ${link}-*-link | wc -l; cat /run/health /run/health-log`;
      assert.equal(await host.sh(seen), [old, "1", "well", tried, "old"].join("\n"));
      assert.equal(await host.sh("systemctl is-active health.service health-web.socket"), "active\nactive");
    };

    inTurn("stays when they succeed, from the machine and from the controller", async () => {
      const path = await version("fine");
      await managed.up(
        inputs(
          path,
          { command: ["grep", "-q", "fine", "/run/health"], ...patient },
          { http: "http://localhost:8080/", body: "it is fine", ...patient },
          { http: "http://HOST:8080/", body: "it is fine", from: "controller", ...patient },
          { tcp: { port: 8080 }, ...patient },
          { tcp: { port: 22 }, from: "controller", ...patient },
          { unit: "health.service", for: 0.5, ...patient },
          { unit: "health-web.socket", for: 0, ...patient },
        ),
      );
      assert.equal(await host.sh(`readlink -f ${link}; cat /run/health-log`), `${path}\nhealth-fine`);
      assert.equal(await host.sh("find /var/lib/pulumi-nix/profiles -path '*/checks*'"), "");
    });

    const isTakenBack = (word: string, check: object, reason: RegExp) => async (): Promise<void> => {
      const path = await version(word, "tried");
      await assert.rejects(
        managed.up(inputs(path, { command: ["true"], ...patient }, check)),
        (error: unknown) => {
          assert.ok(error instanceof ActivationError, String(error));
          assert.match(error.message, reason);
          assert.match(error.message.split("\n", 1)[0] ?? "", /^activating .* failed: health check /);
          assert.ok(error.restored);
          return true;
        },
      );
      await isAsBefore("tried");
      assert.equal((await host.trySh("pgrep -fx 'sleep 1006'")).code, 1);
      assert.deepEqual(await managed.drift(inputs(old)), []);
    };

    for (const [name, ...how] of failures) inTurn(`is taken back for ${name}`, isTakenBack(...how));
    // The controller asks both in the same way.
    if (suite === "trixie")
      for (const [name, ...how] of failuresFromHere) it(`is taken back for ${name}`, isTakenBack(...how));

    inTurn("asks with bash where there is no curl, and says when it cannot", async () => {
      const path = await version("tried");
      await host.sh("mv /usr/bin/curl /usr/bin/curl-away");
      try {
        const https = { http: "https://localhost:8080/", ...quick };
        await assert.rejects(
          managed.up(inputs(path, https)),
          /failed: nothing there can ask for it: https takes curl/,
        );
        await isAsBefore("health-tried");
        const http = {
          http: "http://localhost:8080/",
          headers: { "X-It": "is" },
          body: "it is tried",
          ...patient,
        };
        await managed.up(inputs(path, http));
        assert.match(await host.sh("cat /run/health-asked"), /^X-It: is\r?$/m);
      } finally {
        await host.sh("mv /usr/bin/curl-away /usr/bin/curl");
      }
    });

    inTurn("waits for the confirmation as long as the checks from the controller take", async () => {
      const path = await version("late");
      const port = { tcp: { port: 2222 }, from: "controller", interval: 0.2, deadline: 20 };
      await host.sh(
        "systemd-run -q --unit=health-late sh -c 'sleep 6; exec systemd-socket-activate -l 2222 sleep 60'",
      );
      try {
        await managed.up({ ...inputs(path, port), confirm: { timeout: 5, attempts: 1 } });
        assert.equal(await host.sh(`readlink -f ${link}`), path);
      } finally {
        await host.sh("systemctl stop health-late");
      }
    });

    inTurn("is taken back for a unit that is restarted faster than one looks", async () => {
      const path = await version("well", "tried");
      await host.sh(
        "systemd-run -q --unit=health-again sh -c 'while systemctl restart health; do sleep 0.3; done'",
      );
      const lasts = { unit: "health.service", for: 3, interval: 0.5, deadline: 4 };
      try {
        await assert.rejects(managed.up(inputs(path, lasts)), /unit health\.service failed: .*restarted/);
      } finally {
        await host.sh("systemctl stop health-again");
      }
      await isAsBefore("tried");
    });

    inTurn("is taken back when its watchdog is killed in the middle of a check", async () => {
      const hangs = { command: ["sleep", "1007"], timeout: 500, deadline: 500 };
      const rejected = assert.rejects(
        managed.up(inputs(await version("tried"), hangs)),
        /failed: it was cut off while it was checking/,
      );
      await host.sh("until pgrep -fx 'sleep 1007'; do sleep 0.05; done");
      await host.sh("systemctl kill --signal=KILL --kill-whom=main 'pulumi-nix-*.service'");
      await rejected;
      await isAsBefore("health-tried");
      assert.equal((await host.trySh("pgrep -fx 'sleep 1007'")).code, 1);
    });

    inTurn("runs them as the profile's user", async () => {
      const path = await storePathOn(host, "alices", entryPoint("true"));
      const own = new Managed(untyped(profileActivation), "urn:alice");
      const connection = { ...host.connection({ user: "deploy" }), elevate: "sudo" };
      const command = { command: ["sh", "-c", "id -un; [ $(id -un) = alice ]"], ...patient };
      const unit = { unit: "dbus.socket", scope: "user", for: 0.2, ...patient };
      await own.up({ ...inputs(path, command, unit), connection, user: "alice" });
      const bad = await storePathOn(host, "alices-other", entryPoint("true"));
      const none = { unit: "health.service", scope: "user", for: 0.2, ...quick };
      const failing = own.up({ ...inputs(bad, none), connection, user: "alice" });
      await assert.rejects(failing, /unit health\.service failed: there is no such unit/);
      await own.close();
      await host.sh(
        "rm -rf /home/alice/.local/state/nix/profiles/health* /home/alice/.local/state/pulumi-nix",
      );
    });

    inTurn("is rolled back for good without the checks of what goes", async () => {
      const more = { onDestroy: "rollback" };
      await host.sh(`rm -rf /var/lib/pulumi-nix/profiles`);
      const other = new Managed(untyped(profileActivation), "urn:other");
      const word = { command: ["grep", "-q", "new", "/run/health"], ...patient };
      await other.up({ ...inputs(await version("new"), word), ...more });
      await other.destroy();
      await other.close();
      assert.equal(await host.sh(`readlink -f ${link}`), old);
    });
  });
}
