import assert from "node:assert/strict";
import { checkInputs } from "../../provider/check";
import { healthCheckSchema } from "../../provider/deployment/checks";
import { protectionFor } from "../../provider/deployment/protection";
import { connectionSchema } from "../../provider/connection";
import { profileActivation } from "../../provider/resources/profile-activation";
import { untyped } from "../resources/managed";

describe("the inputs of health checks", () => {
  const problems = (healthChecks: unknown, more: object = {}): string[] => {
    const path = "/nix/store/25206ph2dhf5xw6qjf3r5gj1r8nivjba-web-1.2";
    const news = { connection: { host: "web1" }, profile: "web", path, healthChecks, ...more };
    return checkInputs(untyped(profileActivation), news).problems.map(
      (each) => `${each.property}: ${each.reason}`,
    );
  };
  const secondsFor = (healthChecks: object[]): { there: number; here: number; confirm: number } => {
    const checks = healthChecks.map((check) => healthCheckSchema.parse(check));
    const inputs = { healthChecks: checks, confirm: { timeout: 7 } };
    const { checkSeconds, hereSeconds, confirm } = protectionFor(
      inputs,
      connectionSchema.parse({ host: "web1" }),
    );
    return { there: checkSeconds, here: hereSeconds, confirm: confirm?.timeout ?? 0 };
  };

  it("are refused at the place where the user wrote them", () => {
    assert.deepEqual(problems([{ command: [] }]), ["healthChecks.0.command.0: is required"]);
    assert.deepEqual(problems([{ tcp: { port: 80 } }, { tcp: { prot: 80 } }]), [
      "healthChecks.1.tcp.port: is required",
      "healthChecks.1.tcp.prot: there is no such input",
    ]);
    assert.match(problems([{ unit: "web" }]).join(), /^healthChecks\.0\.unit: 'web' does not end in one of/);
    assert.match(
      problems([{ http: "web:80" }]).join(),
      /^healthChecks\.0\.http: must be an http or https URL/,
    );
    assert.deepEqual(problems([{ unit: "web.service", successes: 3 }]), [
      "healthChecks.0.successes: there is no such input",
    ]);
    assert.deepEqual(problems([{ http: "http://web/", status: 99 }]), [
      "healthChecks.0.status: must be at least 100",
    ]);
  });

  it("never repeat a secret", () => {
    const found = problems([
      { http: "http://me:s3cret@web/" },
      { http: "http://web/", headers: { authorization: "s3cret\nx: y" } },
      { http: "http://web/", headers: { "a b": "s3cret" } },
    ]);
    assert.equal(found.length, 3);
    assert.doesNotMatch(found.join(), /s3cret/);
    assert.match(found.join("\n"), /headers\.authorization: must be one line/);
  });

  it("are refused when the check cannot succeed in its time", () => {
    const late = /^healthChecks\.0: cannot succeed within its deadline: takes 40 s at least$/;
    assert.match(problems([{ unit: "web.service", for: 40 }]).join(), late);
    assert.match(problems([{ command: ["true"], interval: 20, successes: 3 }]).join(), late);
    assert.deepEqual(problems([{ unit: "web.service", for: 40, deadline: 41 }]), []);
  });

  it("from the controller take a confirmation", () => {
    const checks = [{ command: ["true"] }, { tcp: { port: 80 }, from: "controller" }];
    assert.deepEqual(problems(checks, { confirm: false }), [
      "healthChecks.1.from: a check from the controller is told to the machine by confirming: not with confirm: false",
    ]);
    assert.deepEqual(problems(checks), []);
    assert.deepEqual(problems(checks.slice(0, 1), { confirm: false }), []);
  });

  it("give the host the time of all deadlines, with room to end what hangs", () => {
    const command = { command: ["true"], deadline: 100 };
    const tcp = { tcp: { port: 80 }, from: "controller", deadline: 50 };
    assert.deepEqual(secondsFor([]), { there: 0, here: 0, confirm: 7 });
    assert.deepEqual(secondsFor([command, { command: ["true"] }, tcp]), { there: 210, here: 60, confirm: 7 });
  });
});
